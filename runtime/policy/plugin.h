/* SPDX-License-Identifier: MIT */
/*
 * plugin.h - policies that are shared objects of users.
 *
 * Where a policy's name is expected, a text with a '/' in it or ".so" at its end is the path of a
 * shared object that defines HUM_POLICY_SYMBOL (policy.h).  It is loaded once a path, checked
 * (table.h), and never unloaded: spaces and records hold pointers into it.  The same file under
 * another path, links followed, is the same plug-in; a file that changes meanwhile is not loaded
 * again.
 *
 * Whom it may come from: whoever may set HUM_POLICY, which a program with more rights than its user
 * does not listen to (options.h), and the program itself.  Never from a file that is only read: a
 * trace that names a plug-in does not load it.
 *
 * Threads: any.  Nothing is owned by the caller.
 */
#ifndef HUMI_POLICY_PLUGIN_H
#define HUMI_POLICY_PLUGIN_H

#include <stdbool.h>

#include <hum/policy.h>

#include "base/options.h"

/* Bytes of the path of a plug-in without links, the ending zero included: four fit in a policy's
 * text. */
#define HUMI_PLUGIN_PATH_MAX 240u

struct humi_plugin {
    const struct hum_policy *table;
    const char *path;              /* absolute, without links; what its canonical text is */
};

/* The word is a path and not a name. */
bool humi_plugin_is_path(const struct humi_slice *word);

/* A policy's text names a plug-in somewhere, its rules for regions included. */
bool humi_plugin_in(const char *text);

/*
 * HUM_ERR_INVALID: there is no such file, it cannot be loaded, has no such symbol, or its table
 * breaks the limits; the text starts with `option`, names the path and says what to do.
 */
HUM_MUST_USE enum hum_status humi_plugin_load(const char *option, const struct humi_slice *path,
                                              const struct humi_plugin **plugin_out);

/* The index-th of those that were loaded, the latest first; NULL behind the last. */
const struct humi_plugin *humi_plugin_at(unsigned index);

#endif
