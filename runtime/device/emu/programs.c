/* SPDX-License-Identifier: MIT */
/*
 * programs.c - programs from text, by number, and what is asked of the OpenCL behind the device.
 *
 * Requests that make or build a program are kept, so that a new process can be brought to where the
 * last one was.  A program that others were compiled with or linked from is kept until they go.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "device/emu/emu.h"

#define BUILD_PATIENCE 60 /* times the usual one */

/* A request to be made again. */
struct recipe {
    enum humi_ask_kind kind;
    unsigned what, index;   /* COMPILE, LINK: bytes start with `index` numbers of programs */
    size_t count;
    char *bytes;            /* NULL: there is no recipe */
};

struct humi_emu_program {
    unsigned references;    /* of the core, one, and of programs whose recipes name it */
    bool owned;             /* the core still has it */
    bool fresh;             /* is in this process as it should be */
    struct recipe made, built;
};

/* ---- talking --------------------------------------------------------------------------------- */

static enum hum_status judge(const struct humi_emu_answer *answer, struct humi_reply *reply_out)
{
    enum hum_status status = (enum hum_status)answer->status;

    *reply_out = (struct humi_reply){.error = answer->error,
                                     .bytes = (size_t)answer->bytes,
                                     .made = answer->made};
    switch (status) {
    case HUM_OK:
        reply_out->error = 0;
        return HUM_OK;
    case HUM_ERR_UNSUPPORTED:
    case HUM_ERR_NO_MEMORY:
    case HUM_ERR_SYSTEM:
        return humi_fail(status, "%s", answer->text);
    default:
        if (reply_out->error >= 0)
            reply_out->error = HUMI_CL_INVALID_VALUE;
        return humi_fail(HUM_ERR_MODULE, "%s", answer->text);
    }
}

static enum hum_status talk(struct humi_emu *emu, const struct humi_ask *ask, unsigned program,
                            unsigned kernel, struct humi_reply *reply_out)
{
    struct humi_emu_request request = {.kind = HUMI_EMU_ASK,
                                       .ask = ask->kind,
                                       .module = program,
                                       .kernel = kernel,
                                       .what = ask->what,
                                       .index = ask->index,
                                       .flags = ask->flags,
                                       .room = ask->room ? ask->room_bytes : 0,
                                       .bytes = ask->count};
    struct humi_emu_answer answer;
    enum hum_status status = humi_emu_talk(emu, &request, ask->bytes,
                                           emu->patience_ns * BUILD_PATIENCE, &answer, ask->room);

    if (status == HUM_ERR_DEVICE_LOST)
        return humi_fail(HUM_ERR_DEVICE_LOST, "the process of %s died over a program in OpenCL C",
                         emu->base.name);
    return status == HUM_OK ? judge(&answer, reply_out) : status;
}

/* ---- recipes --------------------------------------------------------------------------------- */

static struct humi_emu_program *program_of(const struct humi_emu *emu, unsigned number)
{
    return number < emu->program_room ? emu->programs[number] : NULL;
}

static unsigned parts_of(const struct recipe *recipe)
{
    bool names = recipe->kind == HUMI_ASK_COMPILE || recipe->kind == HUMI_ASK_LINK;

    return recipe->bytes && names ? recipe->index : 0;
}

static unsigned part(const struct recipe *recipe, unsigned i)
{
    uint32_t number;

    memcpy(&number, recipe->bytes + i * sizeof number, sizeof number);
    return number;
}

static enum hum_status recipe_write(const struct humi_emu *emu, const struct humi_ask *ask,
                                    struct recipe *out)
{
    struct recipe recipe = {
        .kind = ask->kind, .what = ask->what, .index = ask->index, .count = ask->count};

    recipe.bytes = malloc(ask->count + 1);
    if (!recipe.bytes)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a program of %zu bytes", ask->count);
    if (ask->count > 0)
        memcpy(recipe.bytes, ask->bytes, ask->count);
    for (unsigned i = 0; i < parts_of(&recipe); i++) {
        if (!program_of(emu, part(&recipe, i))) {
            free(recipe.bytes);
            return humi_fail(HUM_ERR_INVALID, "no program has this number");
        }
    }
    for (unsigned i = 0; i < parts_of(&recipe); i++)
        program_of(emu, part(&recipe, i))->references++;
    *out = recipe;
    return HUM_OK;
}

static void program_put(struct humi_emu *emu, unsigned number);

static void recipe_drop(struct humi_emu *emu, struct recipe *recipe)
{
    for (unsigned i = 0; i < parts_of(recipe); i++)
        program_put(emu, part(recipe, i));
    free(recipe->bytes);
    *recipe = (struct recipe){0};
}

/* The process is told if it lives; one that starts later never hears of it. */
static void program_put(struct humi_emu *emu, unsigned number)
{
    static const struct humi_ask destroy = {.kind = HUMI_ASK_DESTROY};
    struct humi_emu_program *program = emu->programs[number];
    struct humi_reply reply;
    bool lost;

    if (--program->references > 0)
        return;
    emu->programs[number] = NULL;
    humi_lock(&emu->gate);
    lost = humi_emu_is_lost(emu);
    humi_unlock(&emu->gate);
    if (!lost)
        (void)talk(emu, &destroy, number, 0, &reply);
    recipe_drop(emu, &program->made);
    recipe_drop(emu, &program->built);
    free(program);
}

void humi_emu_forget_programs(struct humi_emu *emu)
{
    for (unsigned i = 0; i < emu->program_room; i++) {
        if (!emu->programs[i])
            continue;
        free(emu->programs[i]->made.bytes);
        free(emu->programs[i]->built.bytes);
        free(emu->programs[i]);
    }
    free(emu->programs);
}

/* ---- making and building --------------------------------------------------------------------- */

static enum hum_status free_number(struct humi_emu *emu, unsigned *number_out)
{
    unsigned number = 0, room = emu->program_room ? emu->program_room * 2 : 16;
    struct humi_emu_program **grown;

    while (number < emu->program_room && emu->programs[number])
        number++;
    *number_out = number;
    if (number < emu->program_room)
        return HUM_OK;
    if (room > HUMI_EMU_PROGRAMS_MAX)
        return humi_fail(HUM_ERR_NO_MEMORY, "more than %u programs on one device",
                         HUMI_EMU_PROGRAMS_MAX);
    grown = realloc(emu->programs, room * sizeof *grown);
    if (!grown)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for one more program");
    memset(grown + number, 0, (room - number) * sizeof *grown);
    emu->programs = grown;
    emu->program_room = room;
    return HUM_OK;
}

static enum hum_status make(struct humi_emu *emu, const struct humi_ask *ask,
                            struct humi_reply *reply_out)
{
    struct humi_emu_program *program;
    unsigned number;
    enum hum_status status = free_number(emu, &number);

    if (status != HUM_OK)
        return status;
    program = calloc(1, sizeof *program);
    if (!program)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for one more program");
    status = recipe_write(emu, ask, &program->made);
    if (status != HUM_OK) {
        free(program);
        return status;
    }
    status = talk(emu, ask, number, 0, reply_out);
    if (status != HUM_OK && (status != HUM_ERR_MODULE || !reply_out->made)) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        recipe_drop(emu, &program->made);
        free(program);
        humi_error_restore(text);
        return status;
    }
    if (emu->space.exact && !emu->warned_silent)
        humi_warn("OpenCL runs kernels of programs from text, so what they touch is not recorded");
    emu->warned_silent = true;
    program->references = 1;
    program->owned = program->fresh = true;
    emu->programs[number] = program;
    reply_out->number = number;
    reply_out->made = true;
    return status;
}

/* Kernels of the program are no more; their numbers are free for others of their names. */
static void retire_kernels(struct humi_emu *emu, unsigned number)
{
    for (unsigned i = 0; i < emu->kernel_count; i++)
        if (emu->kernels[i].full_name && emu->kernels[i].module == number)
            emu->kernels[i].module = HUMI_EMU_NO_PROGRAM;
}

static enum hum_status build(struct humi_emu *emu, const struct humi_ask *ask,
                             struct humi_reply *reply_out)
{
    struct humi_emu_program *program = emu->programs[ask->program];
    char text[HUMI_ERROR_TEXT_BYTES];
    struct recipe recipe;
    enum hum_status status = recipe_write(emu, ask, &recipe);

    if (status != HUM_OK)
        return status;
    retire_kernels(emu, ask->program);
    status = talk(emu, ask, ask->program, 0, reply_out);
    humi_error_save(text, sizeof text);
    if (status == HUM_OK || status == HUM_ERR_MODULE) {
        recipe_drop(emu, &program->built);
        program->built = recipe;
    } else {
        recipe_drop(emu, &recipe);
        if (status == HUM_ERR_DEVICE_LOST)
            recipe_drop(emu, &program->built);
    }
    humi_error_restore(text);
    return status;
}

static void destroy(struct humi_emu *emu, unsigned number)
{
    retire_kernels(emu, number);
    emu->programs[number]->owned = false;
    program_put(emu, number);
}

/* ---- kernels --------------------------------------------------------------------------------- */

/* The number of that kernel, of one of its name that is no more, or a new one. */
static unsigned find_kernel(const struct humi_emu *emu, unsigned program, const char *name)
{
    unsigned found = emu->kernel_count;

    for (unsigned i = 0; i < emu->kernel_count; i++) {
        const struct humi_emu_kernel *k = &emu->kernels[i];
        if (!k->full_name || (k->module != program && k->module != HUMI_EMU_NO_PROGRAM) ||
            strcmp(k->full_name, name) != 0)
            continue;
        if (k->module == program)
            return i;
        found = i;
    }
    return found;
}

static void name_kernel(struct humi_emu *emu, unsigned number, char *name)
{
    struct humi_emu_kernel *k = &emu->kernels[number];
    size_t length = strlen(name);

    if (length >= sizeof k->name)
        length = sizeof k->name - 1;
    memcpy(k->name, name, length);
    k->name[length] = '\0';
    k->args_bytes = HUMI_ARGS_UNKNOWN;
    k->full_name = name;
    __atomic_store_n(&emu->kernel_count, number + 1, __ATOMIC_RELEASE);
}

static enum hum_status kernel(struct humi_emu *emu, const struct humi_ask *ask,
                              struct humi_reply *reply_out)
{
    char *name = strndup(ask->bytes, ask->count);
    unsigned number = name ? find_kernel(emu, ask->program, name) : 0;
    bool is_new = number == emu->kernel_count;
    enum hum_status status;

    if (!name)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    if (number == HUMI_EMU_KERNELS_MAX)
        status = humi_fail(HUM_ERR_NO_MEMORY, "more than %u kernels on one device",
                           HUMI_EMU_KERNELS_MAX);
    else
        status = talk(emu, ask, ask->program, number, reply_out);
    if (status == HUM_OK) {
        reply_out->number = number;
        if (is_new)
            name_kernel(emu, number, name);
        emu->kernels[number].module = ask->program;
    }
    if (status != HUM_OK || !is_new)
        free(name);
    return status;
}

/* ---- a new process --------------------------------------------------------------------------- */

/* HUM_ERR_DEVICE_LOST: and this is not tried again. */
static enum hum_status cook(struct humi_emu *emu, unsigned number, struct recipe *recipe)
{
    struct humi_ask ask = {.kind = recipe->kind,
                           .what = recipe->what,
                           .index = recipe->index,
                           .bytes = recipe->bytes,
                           .count = recipe->count};
    struct humi_reply reply;
    enum hum_status status = recipe->bytes ? talk(emu, &ask, number, 0, &reply) : HUM_OK;

    if (status != HUM_ERR_DEVICE_LOST)
        return HUM_OK; /* what was refused before is refused again */
    if (recipe == &emu->programs[number]->built)
        recipe_drop(emu, recipe);
    return status;
}

static enum hum_status finish(struct humi_emu *emu, unsigned number)
{
    struct humi_emu_program *program = emu->programs[number];
    bool linked = program->made.kind == HUMI_ASK_LINK;
    enum hum_status status = HUM_OK;

    if (program->fresh)
        return HUM_OK;
    program->fresh = true;
    for (unsigned i = 0; linked && status == HUM_OK && i < program->made.index; i++)
        status = finish(emu, part(&program->made, i));
    if (linked && status == HUM_OK)
        status = cook(emu, number, &program->made);
    return status == HUM_OK ? cook(emu, number, &program->built) : status;
}

static enum hum_status find_again(struct humi_emu *emu, unsigned number)
{
    const struct humi_emu_kernel *k = &emu->kernels[number];
    struct humi_ask ask = {.kind = HUMI_ASK_KERNEL};
    struct humi_reply reply;
    enum hum_status status;

    if (!k->full_name || k->module == HUMI_EMU_NO_PROGRAM)
        return HUM_OK;
    ask.bytes = k->full_name;
    ask.count = strlen(k->full_name) + 1;
    status = talk(emu, &ask, k->module, number, &reply);
    if (status == HUM_ERR_DEVICE_LOST)
        return status;
    if (status != HUM_OK)
        humi_warn("%s was started again without kernel %s, which cannot be built any more",
                  emu->base.name, k->name);
    return HUM_OK;
}

enum hum_status humi_emu_rebuild(struct humi_emu *emu)
{
    enum hum_status status = HUM_OK;

    for (unsigned i = 0; status == HUM_OK && i < emu->program_room; i++) {
        struct humi_emu_program *program = emu->programs[i];
        if (!program)
            continue;
        program->fresh = false;
        if (program->made.kind == HUMI_ASK_CREATE)
            status = cook(emu, i, &program->made);
    }
    for (unsigned i = 0; status == HUM_OK && i < emu->program_room; i++)
        if (emu->programs[i])
            status = finish(emu, i);
    for (unsigned i = 0; status == HUM_OK && i < emu->kernel_count; i++)
        status = find_again(emu, i);
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum hum_status check(const struct humi_emu *emu, const struct humi_ask *ask)
{
    const struct humi_emu_program *program = program_of(emu, ask->program);

    switch (ask->kind) {
    case HUMI_ASK_DEVICE_INFO:
    case HUMI_ASK_PLATFORM_INFO:
    case HUMI_ASK_IMAGE_FORMATS:
    case HUMI_ASK_CREATE:
    case HUMI_ASK_LINK:
        return HUM_OK;
    case HUMI_ASK_KERNEL_INFO:
    case HUMI_ASK_KERNEL_ARG_INFO:
    case HUMI_ASK_WORK_GROUP_INFO:
    case HUMI_ASK_SUB_GROUP_INFO:
        return ask->kernel < emu->kernel_count && emu->kernels[ask->kernel].full_name
                   ? HUM_OK
                   : humi_fail(HUM_ERR_INVALID, "no kernel of a program has this number");
    default:
        return program && program->owned
                   ? HUM_OK
                   : humi_fail(HUM_ERR_INVALID, "no program has this number");
    }
}

/* The compiler runs for it, and may end the process. */
static bool is_compiled(enum humi_ask_kind kind)
{
    return kind == HUMI_ASK_BUILD || kind == HUMI_ASK_COMPILE || kind == HUMI_ASK_LINK ||
           kind == HUMI_ASK_PROGRAM_INFO; /* binaries */
}

static enum hum_status serve(struct humi_emu *emu, const struct humi_ask *ask,
                             struct humi_reply *reply_out)
{
    switch (ask->kind) {
    case HUMI_ASK_CREATE:
    case HUMI_ASK_LINK:
        return make(emu, ask, reply_out);
    case HUMI_ASK_BUILD:
    case HUMI_ASK_COMPILE:
        return build(emu, ask, reply_out);
    case HUMI_ASK_KERNEL:
        return kernel(emu, ask, reply_out);
    default:
        return talk(emu, ask, ask->program, ask->kernel, reply_out);
    }
}

static uint64_t count_crashes(struct humi_emu *emu)
{
    uint64_t crashes;

    humi_lock(&emu->gate);
    crashes = emu->crashes;
    humi_unlock(&emu->gate);
    return crashes;
}

static enum hum_status ask_locked(struct humi_emu *emu, const struct humi_ask *ask,
                                  struct humi_reply *reply_out)
{
    enum hum_status status = check(emu, ask);
    uint64_t crashes;

    if (status == HUM_OK && ask->kind == HUMI_ASK_DESTROY) {
        destroy(emu, ask->program);
        return HUM_OK;
    }
    if (status == HUM_OK)
        status = humi_emu_revive(emu);
    if (status != HUM_OK)
        return status;
    crashes = count_crashes(emu);
    status = serve(emu, ask, reply_out);
    if (status != HUM_ERR_DEVICE_LOST ||
        (is_compiled(ask->kind) && count_crashes(emu) == crashes))
        return status;
    status = humi_emu_revive(emu); /* a kernel that ran meanwhile ended the process, most likely */
    return status == HUM_OK ? serve(emu, ask, reply_out) : status;
}

enum hum_status humi_emu_ask(struct humi_processor *p, const struct humi_ask *ask,
                             struct humi_reply *reply_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    enum hum_status status;

    *reply_out = (struct humi_reply){0};
    humi_signals_hold();
    pthread_mutex_lock(&emu->command);
    status = ask_locked(emu, ask, reply_out);
    pthread_mutex_unlock(&emu->command);
    humi_signals_release();
    return status;
}
