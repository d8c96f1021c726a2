/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "detect/score.h"
#include "state/state.h"

static uint16_t login_ports[] = {22, 2200};
static const struct sw_config config = {.login_ports = login_ports, .login_ports_count = 2};
static const struct sw_detector d50 = {.name = "fifty", .base = 50};
static const struct sw_detector d25 = {.name = "five-and-twenty", .base = 25};
static const struct sw_detector d20 = {.name = "twenty", .base = 20};
static const struct sw_detector d10 = {.name = "ten", .base = 10};
static const struct sw_detector d5 = {.name = "five", .base = 5};

static struct sw_modifiers modifiers(uint16_t port, uint8_t depth, const struct sw_elevation *e,
				     size_t count)
{
	struct sw_hop hop = {.out = flow(50, "10.0.0.1", 0, "10.0.1.7", port)};
	struct sw_record event = {.origin = login_origin()};
	struct sw_view view = {.event = &event, .config = &config, .hop = port ? &hop : NULL};
	struct sw_modifiers m;

	event.origin.depth = depth;
	sw_score_modifiers(&view, e, count, &m);
	return m;
}

static int points(const struct sw_modifiers *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->terms[i].name, name) == 0)
			return m->terms[i].points;
	}
	return 0;
}

static void every_edge_is_new(void **state)
{
	struct sw_modifiers m = modifiers(8080, 1, NULL, 0);

	(void)state;
	assert_int_equal(m.count, 2);
	assert_int_equal(points(&m, "new family"), 25);
	assert_int_equal(points(&m, "inbound new"), 10);
	assert_int_equal(m.points, 35);
	m = modifiers(0, 1, NULL, 0);
	assert_int_equal(m.points, 10);
}

static void admin_ports(void **state)
{
	static const uint16_t yes[] = {22,   23,   69,	 111,  161,  445,   512,   513,	 514,  830,
				       873,  2049, 2375, 2376, 3306, 3389,  4786,  5432, 5900, 5985,
				       5986, 6379, 6443, 8291, 9200, 10250, 27017, 2200};
	static const uint16_t no[] = {21, 24, 80, 443, 515, 511, 8080, 3307, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		struct sw_modifiers m = modifiers(yes[i], 1, NULL, 0);

		assert_int_equal(points(&m, "port"), 10);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct sw_modifiers m = modifiers(no[i], 1, NULL, 0);

		assert_int_equal(points(&m, "port"), 0);
	}
}

static void depths(void **state)
{
	struct sw_modifiers two = modifiers(80, 2, NULL, 0), three = modifiers(80, 3, NULL, 0);
	struct sw_modifiers nine = modifiers(80, 9, NULL, 0);

	(void)state;
	assert_int_equal(points(&two, "depth 2"), 15);
	assert_int_equal(points(&three, "depth 3+"), 30);
	assert_int_equal(points(&nine, "depth 3+"), 30);
}

static struct sw_elevation elevation(struct sw_image *image, uint32_t how)
{
	struct sw_elevation e = {.image = image, .change = {.how = how, .from = cred(1000)}};

	return e;
}

static void privilege_counts_once(void **state)
{
	char sudo_exe[] = "/usr/bin/sudo", su_exe[] = "/bin/su", other_exe[] = "/opt/sudo2";
	struct sw_image sudo = {.exe = sudo_exe}, su = {.exe = su_exe}, other = {.exe = other_exe};
	struct sw_elevation e[3] = {elevation(&sudo, SW_HOW_SETUID_EXEC),
				    elevation(&su, SW_HOW_SETUID_EXEC),
				    elevation(NULL, SW_HOW_UNEXPLAINED)};
	struct sw_modifiers m;

	(void)state;
	m = modifiers(80, 1, e, 2);
	assert_int_equal(points(&m, "sudo"), 5);
	assert_int_equal(points(&m, "su"), 0);
	m = modifiers(80, 1, e + 1, 1);
	assert_int_equal(points(&m, "su"), 5);
	m = modifiers(80, 1, e, 3);
	assert_int_equal(points(&m, "exploit-like"), 50);
	assert_int_equal(points(&m, "sudo"), 0);
	e[0] = elevation(&other, SW_HOW_SETUID_EXEC);
	m = modifiers(80, 1, e, 1);
	assert_int_equal(points(&m, "set-user-id"), 5);
	e[0] = elevation(NULL, SW_HOW_SETUID_EXEC);
	m = modifiers(80, 1, e, 1);
	assert_int_equal(points(&m, "set-user-id"), 5);
	e[0] = elevation(&sudo, SW_HOW_SETID);
	m = modifiers(80, 1, e, 1);
	assert_int_equal(m.points, 35);
}

static void sum_of_base_further_and_modifiers(void **state)
{
	const struct sw_detector *two[] = {&d50, &d25};
	const struct sw_modifiers m = modifiers(22, 1, NULL, 0);
	struct sw_score s;

	(void)state;
	sw_score_total(two, 2, &m, &s);
	assert_int_equal(s.points, 50 + 10 + 25 + 10 + 10);
	assert_int_equal(s.count, 5);
	assert_string_equal(s.terms[0].name, "fifty");
	assert_int_equal(s.terms[1].points, 10);
	assert_string_equal(s.terms[2].name, "new family");
	sw_score_total(two, 0, &m, &s);
	assert_int_equal(s.points, 0);
	assert_int_equal(s.count, 0);
}

static void further_detectors_are_capped(void **state)
{
	const struct sw_detector *five[] = {&d50, &d25, &d20, &d10, &d5};
	const struct sw_modifiers none = {0};
	struct sw_score s;

	(void)state;
	sw_score_total(five, 5, &none, &s);
	assert_int_equal(s.points, 50 + 30);
	assert_int_equal(s.count, 4);
}

static void a_term_may_be_added(void **state)
{
	struct sw_modifiers m = modifiers(8080, 1, NULL, 0);

	(void)state;
	sw_score_add_modifier(&m, (struct sw_term){NULL, 15});
	assert_int_equal(m.points, 35);
	sw_score_add_modifier(&m, (struct sw_term){"tool", 15});
	assert_int_equal(points(&m, "tool"), 15);
	assert_int_equal(m.points, 50);
}

static int sum(const struct sw_score *s)
{
	int total = 0;

	for (size_t i = 0; i < s->count; i++)
		total += s->terms[i].points;
	return total;
}

static void floors_are_made_up_for(void **state)
{
	static const struct sw_detector low = {.name = "low", .base = 45, .floor = 60};
	static const struct sw_detector high = {.name = "high", .base = 40, .floor = 85};
	const struct sw_detector *set[] = {&low, &high};
	const struct sw_modifiers none = {0};
	const struct sw_modifiers known = {.terms = {{"known", -25}}, .count = 1, .points = -25};
	const struct sw_modifiers worse = {.terms = {{"worse", 15}}, .count = 1, .points = 15};
	struct sw_score s;

	(void)state;
	sw_score_total(set, 1, &known, &s);
	assert_int_equal(s.points, 60);
	assert_string_equal(s.terms[s.count - 1].name, "floor");
	assert_int_equal(s.terms[s.count - 1].points, 40);
	assert_int_equal(sum(&s), 60);
	sw_score_total(set, 1, &worse, &s);
	assert_int_equal(s.points, 60);
	assert_int_equal(s.count, 2); /* reached without */
	sw_score_total(set, 2, &none, &s);
	assert_int_equal(s.points, 85);
	assert_int_equal(sum(&s), 85);
}

static void detectors_are_a_sorted_set(void **state)
{
	const struct sw_detector *set[SW_DETECTORS_MAX + 1] = {0};
	const struct sw_detector *first[] = {&d20}, *more[] = {&d25, &d20, &d50, &d5};
	size_t count = 0;

	(void)state;
	assert_true(sw_score_add_detectors(set, &count, first, 1));
	assert_false(sw_score_add_detectors(set, &count, first, 1));
	assert_true(sw_score_add_detectors(set, &count, more, 4));
	assert_int_equal(count, 4);
	assert_ptr_equal(set[0], &d50);
	assert_ptr_equal(set[1], &d25);
	assert_ptr_equal(set[2], &d20);
	assert_ptr_equal(set[3], &d5);
}

static void detectors_of_one_base_are_told_apart(void **state)
{
	static const struct sw_detector twin = {.name = "twin", .base = 25};
	const struct sw_detector *set[SW_DETECTORS_MAX] = {0};
	const struct sw_detector *both[] = {&d25, &twin};
	size_t count = 0;

	(void)state;
	assert_true(sw_score_add_detectors(set, &count, both, 2));
	assert_false(sw_score_add_detectors(set, &count, both, 1));
	assert_false(sw_score_add_detectors(set, &count, both + 1, 1));
	assert_int_equal(count, 2);
}

static void set_is_bounded(void **state)
{
	static struct sw_detector many[SW_DETECTORS_MAX + 3];
	const struct sw_detector *set[SW_DETECTORS_MAX] = {0};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < SW_DETECTORS_MAX + 3; i++) {
		const struct sw_detector *one = &many[i];

		many[i].base = (int)i;
		assert_int_equal(sw_score_add_detectors(set, &count, &one, 1),
				 i < SW_DETECTORS_MAX);
	}
	assert_int_equal(count, SW_DETECTORS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_edge_is_new),
		cmocka_unit_test(admin_ports),
		cmocka_unit_test(depths),
		cmocka_unit_test(privilege_counts_once),
		cmocka_unit_test(sum_of_base_further_and_modifiers),
		cmocka_unit_test(further_detectors_are_capped),
		cmocka_unit_test(a_term_may_be_added),
		cmocka_unit_test(floors_are_made_up_for),
		cmocka_unit_test(detectors_are_a_sorted_set),
		cmocka_unit_test(detectors_of_one_base_are_told_apart),
		cmocka_unit_test(set_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
