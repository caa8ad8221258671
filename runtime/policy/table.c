/* SPDX-License-Identifier: MIT */
/* table.c - the limits of policy.h, checked. */
#include "policy/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

#define FEEDS ((unsigned)HUM_EVICT_ON_MOVE | HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH)

/* Whom an error is about: "x.so: its prefetch part 'mine'". */
struct subject {
    const char *option, *kind, *name;
};

static enum hum_status refuse(const struct subject *subject, const char *what)
{
    return humi_fail(HUM_ERR_INVALID, "%s: the policy cannot be used: its %s part%s%.40s%s %s",
                     subject->option, subject->kind, subject->name ? " '" : "",
                     subject->name ? subject->name : "", subject->name ? "'" : "", what);
}

/* A name that can stand in "kind=name,kind.name=1". */
static bool is_name(const char *name)
{
    size_t bytes = name ? strnlen(name, HUMI_NAME_BYTES) : 0;
    if (bytes == 0 || bytes == HUMI_NAME_BYTES)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static enum hum_status check_tunable(const struct subject *subject,
                                     const struct hum_tunable *table, unsigned index)
{
    const struct hum_tunable *tunable = &table[index];
    char what[160];

    if (!is_name(tunable->name)) {
        snprintf(what, sizeof what, "has a number %u whose name is not 1 to 31 letters, digits, "
                                    "'-' or '_'", index);
        return refuse(subject, what);
    }
    if (tunable->least > tunable->initial || tunable->initial > tunable->most) {
        snprintf(what, sizeof what,
                 "has a number '%s' that is %" PRIu64 " at first, which is not from %" PRIu64
                 " to %" PRIu64, tunable->name, tunable->initial, tunable->least, tunable->most);
        return refuse(subject, what);
    }
    for (unsigned i = 0; i < index; i++)
        if (strcmp(table[i].name, tunable->name) == 0) {
            snprintf(what, sizeof what, "has two numbers '%s'", tunable->name);
            return refuse(subject, what);
        }
    return HUM_OK;
}

static enum hum_status check_tunables(const struct subject *subject,
                                      const struct hum_tunable *table, unsigned count)
{
    enum hum_status status = HUM_OK;

    if (count > HUM_TUNABLES_MAX)
        return refuse(subject, "has more than 8 numbers");
    if (count && !table)
        return refuse(subject, "counts numbers (tunable_count) and has no table of them");
    for (unsigned i = 0; status == HUM_OK && i < count; i++)
        status = check_tunable(subject, table, i);
    return status;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static enum hum_status check_part(const char *option, const char *kind,
                                  const struct hum_part *part)
{
    struct subject subject = {option, kind, NULL};

    if (!part)
        return HUM_OK;
    if (!is_name(part->name))
        return refuse(&subject, "has no name of 1 to 31 letters, digits, '-' or '_'");
    subject.name = part->name;
    if (!part->plan)
        return refuse(&subject, "has no plan function");
    if (part->memory_bytes[HUM_MEMORY_BLOCK] > HUMI_MEMORY_BLOCK_MAX)
        return refuse(&subject, "wants more than 64 bytes a block");
    if (part->memory_bytes[HUM_MEMORY_REGION] > HUMI_MEMORY_OTHER_MAX ||
        part->memory_bytes[HUM_MEMORY_SPACE] > HUMI_MEMORY_OTHER_MAX)
        return refuse(&subject, "wants more than 64 KiB a region or a space");
    return check_tunables(&subject, part->tunables, part->tunable_count);
}

static enum hum_status check_evict(const char *option, const struct hum_evict *evict)
{
    struct subject subject = {option, "evict", NULL};

    if (!evict)
        return HUM_OK;
    if (!is_name(evict->name))
        return refuse(&subject, "has no name of 1 to 31 letters, digits, '-' or '_'");
    subject.name = evict->name;
    if (!evict->bytes || !evict->init || !evict->arrive || !evict->leave || !evict->victim)
        return refuse(&subject, "needs all of bytes, init, arrive, leave and victim");
    if (evict->feed & ~FEEDS)
        return refuse(&subject, "wants to hear (feed) of what this hum does not know");
    if (evict->feed && !evict->renew)
        return refuse(&subject, "wants to hear (feed) and has no renew function");
    return check_tunables(&subject, evict->tunables, evict->tunable_count);
}

enum hum_status humi_table_check(const char *option, const struct hum_policy *table)
{
    enum hum_status status;

    if (table->version != HUM_POLICY_VERSION || table->struct_size != sizeof *table)
        return humi_fail(HUM_ERR_INVALID,
                         "%s: the policy cannot be used: it was built for another version of "
                         "hum/policy.h (%u of %u bytes; this hum has %u of %zu): build it again "
                         "with this hum's header", option, table->version, table->struct_size,
                         HUM_POLICY_VERSION, sizeof *table);
    if (!is_name(table->name))
        return humi_fail(HUM_ERR_INVALID, "%s: the policy cannot be used: it has no name of 1 to "
                                          "31 letters, digits, '-' or '_'", option);
    status = check_part(option, "place", table->place);
    if (status == HUM_OK)
        status = check_part(option, "prefetch", table->prefetch);
    if (status == HUM_OK)
        status = check_part(option, "thrash", table->thrash);
    return status == HUM_OK ? check_evict(option, table->evict) : status;
}

const void *humi_table_part(const struct hum_policy *table, enum humi_kind kind)
{
    switch (kind) {
    case HUMI_PLACE:
        return table->place;
    case HUMI_PREFETCH:
        return table->prefetch;
    case HUMI_THRASH:
        return table->thrash;
    case HUMI_EVICT:
        return table->evict;
    case HUMI_KINDS:
        break;
    }
    return NULL;
}
