/* SPDX-License-Identifier: MIT */
/* ranks_mpi.c - the module hum-mpi.so: messages through MPI; see ranks.h */
#include <mpi.h>
#include <stddef.h>

#include "comparison/ranks.h"

#define TAG 7

static bool start(int *rank_out, int *size_out)
{
    return MPI_Init(NULL, NULL) == MPI_SUCCESS &&
           MPI_Comm_rank(MPI_COMM_WORLD, rank_out) == MPI_SUCCESS &&
           MPI_Comm_size(MPI_COMM_WORLD, size_out) == MPI_SUCCESS;
}

static void end(void)
{
    MPI_Finalize();
}

static bool send(int to, const void *bytes, int count)
{
    return MPI_Send(bytes, count, MPI_BYTE, to, TAG, MPI_COMM_WORLD) == MPI_SUCCESS;
}

static bool receive(int from, void *bytes, int count, int *from_out)
{
    MPI_Status status;

    if (MPI_Recv(bytes, count, MPI_BYTE, from < 0 ? MPI_ANY_SOURCE : from, TAG, MPI_COMM_WORLD,
                 &status) != MPI_SUCCESS)
        return false;
    if (from_out)
        *from_out = status.MPI_SOURCE;
    return true;
}

static bool waits(void)
{
    int there = 0;

    return MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           there;
}

__attribute__((visibility("default"))) extern const struct compare_mpi hum_compare_mpi;
const struct compare_mpi hum_compare_mpi = {start, end, send, receive, waits};
