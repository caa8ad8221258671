/* SPDX-License-Identifier: MIT */
/*
 * replay.c - a fuzz target as an ordinary test: the corpus, then random changes of it.
 *
 *     fuzz_options <corpus folder> <changes>
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/random.h"

enum { INPUTS = 1024, SIZE_MAX_BYTES = 1024 };

static struct {
    uint8_t data[SIZE_MAX_BYTES];
    size_t size;
} inputs[INPUTS];
static unsigned input_count;
static struct random randoms;

static int read_corpus(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return 1;
    }
    while ((entry = readdir(dir)) && input_count < INPUTS) {
        char path[4096];
        FILE *file;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        file = fopen(path, "rb");
        if (!file)
            continue;
        inputs[input_count].size = fread(inputs[input_count].data, 1, SIZE_MAX_BYTES, file);
        input_count++;
        fclose(file);
    }
    closedir(dir);
    return input_count == 0;
}

/* Flip, cut, repeat or splice; returns the new size. */
static size_t change(uint8_t *data, size_t size)
{
    static const char words[] = "emu:mem=workers=0,;-huge9G.5KT \n\377";
    size_t at = size ? random_next(&randoms) % size : 0;
    unsigned other = (unsigned)(random_next(&randoms) % input_count);

    switch (random_next(&randoms) % 5) {
    case 0:
        if (size)
            data[at] = (uint8_t)words[random_next(&randoms) % (sizeof words - 1)];
        return size;
    case 1:
        return at;
    case 2:
        if (size + 1 < SIZE_MAX_BYTES) {
            memmove(data + at + 1, data + at, size - at);
            data[at] = (uint8_t)random_next(&randoms);
            return size + 1;
        }
        return size;
    case 3:
        if (at + inputs[other].size < SIZE_MAX_BYTES) {
            memcpy(data + at, inputs[other].data, inputs[other].size);
            return at + inputs[other].size;
        }
        return size;
    default:
        if (size)
            memmove(data + at, data + at + 1, size - at - 1);
        return size ? size - 1 : 0;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 || read_corpus(argv[1])) {
        fprintf(stderr, "usage: %s <corpus folder> <changes>\n", argv[0]);
        return 2;
    }
    randoms = random_make(random_seed("fuzz"), 0);
    for (unsigned i = 0; i < input_count; i++)
        LLVMFuzzerTestOneInput(inputs[i].data, inputs[i].size);
    for (uint64_t r = 0; r < random_steps(strtoull(argv[2], NULL, 10)); r++) {
        uint8_t data[SIZE_MAX_BYTES];
        unsigned from = (unsigned)(random_next(&randoms) % input_count);
        size_t size = inputs[from].size;
        memcpy(data, inputs[from].data, size);
        for (uint64_t n = 1 + random_next(&randoms) % 6; n > 0; n--)
            size = change(data, size);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}
