/* SPDX-License-Identifier: MIT */
/* output.h - what was found, for people and as JSON.  hum.1 documents both. */
#ifndef HUM_ADVISE_OUTPUT_H
#define HUM_ADVISE_OUTPUT_H

#include "advise/code.h"
#include "advise/search.h"

struct advise_result {
    const char *trace;           /* path */
    const struct advise_scene *scene;
    const struct advise_plan *plan;
    const struct advise_search *search;
    const struct replay_outcome *outcome; /* of the base */
    const char *policy;          /* of the base, with its rules */
    const char *link;
    uint64_t capacity;           /* pages of each device; 0: no limit, or not one for all */
    bool untold;                 /* the program advised or prefetched, and the trace, of an older
                                    version, does not tell what: it is not in the base */
};

void advise_print_text(const struct advise_result *result, FILE *out);
/* False: not all of it could be written. */
bool advise_print_json(const struct advise_result *result, FILE *out);

#endif
