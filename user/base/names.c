/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the enums that leave Sidewatch. Each table breaks the build when its enum grows. */
#include "base/cleanup.h"
#include "sidewatch/incident.h"

#define NOTICE_FROM 40
#define ALERT_FROM 60
#define CRITICAL_FROM 85

static const char *const band_names[] = {
	[SW_BAND_RECORD] = "record",
	[SW_BAND_NOTICE] = "notice",
	[SW_BAND_ALERT] = "alert",
	[SW_BAND_CRITICAL] = "critical",
};
static_assert(SW_ARRAY_SIZE(band_names) == SW_BAND_MAX, "every band has a name");

static const char *const confidence_names[] = {
	[SW_CONFIDENCE_NONE] = "none",
	[SW_CONFIDENCE_SERVICE] = "service",
	[SW_CONFIDENCE_EXACT] = "exact",
	[SW_CONFIDENCE_THREAD] = "thread",
};
static_assert(SW_ARRAY_SIZE(confidence_names) == SW_CONFIDENCE_MAX, "every confidence has a name");

static const char *const outcome_names[] = {
	[SW_OUTCOME_PENDING] = "pending", [SW_OUTCOME_ESTABLISHED] = "established",
	[SW_OUTCOME_REFUSED] = "refused", [SW_OUTCOME_TIMEDOUT] = "timed-out",
	[SW_OUTCOME_FAILED] = "failed",
};
static_assert(SW_ARRAY_SIZE(outcome_names) == SW_OUTCOME_MAX, "every outcome has a name");

static const char *const how_names[] = {
	[0] = "?", /* the enum begins at 1 */
	[SW_HOW_SETID] = "set-id",
	[SW_HOW_SETUID_EXEC] = "setuid-exec",
	[SW_HOW_FILE_CAPS] = "file-caps",
	[SW_HOW_UNEXPLAINED] = "unexplained",
};
static_assert(SW_ARRAY_SIZE(how_names) == SW_HOW_MAX, "every way has a name");

const char *sw_band_name(enum sw_band band)
{
	return (unsigned int)band < SW_BAND_MAX ? band_names[band] : "?";
}

enum sw_band sw_band_of(int score)
{
	if (score >= CRITICAL_FROM)
		return SW_BAND_CRITICAL;
	if (score >= ALERT_FROM)
		return SW_BAND_ALERT;
	return score >= NOTICE_FROM ? SW_BAND_NOTICE : SW_BAND_RECORD;
}

const char *sw_confidence_name(unsigned int confidence)
{
	return confidence < SW_CONFIDENCE_MAX ? confidence_names[confidence] : "none";
}

const char *sw_outcome_name(unsigned int outcome)
{
	return outcome < SW_OUTCOME_MAX ? outcome_names[outcome] : "?";
}

const char *sw_how_name(unsigned int how)
{
	return how < SW_HOW_MAX ? how_names[how] : "?";
}
