/* SPDX-License-Identifier: MIT */
/*
 * names.c - the texts of the public enums, from the lists that define them.
 */
#include <hum/hum.h>

const char *hum_status_text(enum hum_status status)
{
    switch (status) {
#define STATUS_TEXT(name, value, text)                                                             \
    case name:                                                                                     \
        return text;
        HUM_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}

const char *hum_status_name(enum hum_status status)
{
    switch (status) {
#define STATUS_NAME(name, value, text)                                                             \
    case name:                                                                                     \
        return #name;
        HUM_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
    }
    return "HUM_STATUS_UNKNOWN";
}

const char *hum_cause_text(enum hum_cause cause)
{
    static const char *const texts[] = {
#define CAUSE_TEXT(name, text) [name] = text,
        HUM_CAUSE_LIST(CAUSE_TEXT)
#undef CAUSE_TEXT
    };
    _Static_assert(sizeof(texts) / sizeof(*texts) == HUM_CAUSE_COUNT, "one text a cause");

    if ((unsigned)cause >= HUM_CAUSE_COUNT)
        return "unknown cause";
    return texts[cause];
}
