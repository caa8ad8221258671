/* SPDX-License-Identifier: MIT */
/*
 * matvec_reference.h - the kernels of matvec.h on the CPU, operation by operation in the same
 * order: results are equal.
 */
#ifndef SAMPLES_MATVEC_REFERENCE_H
#define SAMPLES_MATVEC_REFERENCE_H

#include "matvec.h"

void matvec_rows_reference(const struct matvec_args *args);
void matvec_columns_reference(const struct matvec_args *args);

#endif
