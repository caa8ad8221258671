/* SPDX-License-Identifier: MIT */
/*
 * findings.h - reads what hum's platform of OpenCL found wrong with a program and wrote to the file
 * named by HUM_CL_FINDINGS: one JSON object a line (runtime/platform/finding.h).
 *
 * The file comes from another program, so a line that is no object is left out.
 */
#ifndef HUM_COMMAND_FINDINGS_H
#define HUM_COMMAND_FINDINGS_H

#include <jansson.h>

#define FINDINGS_ENV "HUM_CL_FINDINGS"

/* An array, empty if there is nothing to be read; NULL: no memory.  The caller's. */
json_t *findings_read(const char *path);

#endif
