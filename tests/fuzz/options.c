/* SPDX-License-Identifier: MIT */
/*
 * options.c - fuzz target: what users write into options and environment variables.
 *
 * Checked: every text is read in full or refused with a sentence; a refusal writes no output; what
 * is accepted is within its limits.  The same text is tried as a device list, a size, a number, a
 * duration, a switch, a policy and a list of features.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/options.h"
#include "device/registry.h"
#include "fuzz/fuzz.h"
#include "policy/compose.h"

static void check_refused(enum hum_status status)
{
    humi_check(status == HUM_ERR_INVALID);
    humi_check(strlen(hum_error_text()) > 10);
}

static void try_devices(const char *text)
{
    struct humi_device_params params[HUM_DEVICES_MAX], before[HUM_DEVICES_MAX];
    unsigned count = 12345;
    enum hum_status status;

    memset(params, 0x5a, sizeof params);
    memcpy(before, params, sizeof params);
    status = humi_devices_parse(text, 77, params, &count);
    if (status != HUM_OK) {
        check_refused(status);
        humi_check(count == 12345 && memcmp(params, before, sizeof params) == 0);
        return;
    }
    humi_check(count >= 1 && count <= HUM_DEVICES_MAX);
    for (unsigned i = 0; i < count; i++) {
        humi_check(params[i].index == (int)i);
        humi_check(memchr(params[i].kind, 0, sizeof params[i].kind));
        humi_check(params[i].memory_bytes >= HUM_BLOCK_SIZE);
        humi_check(params[i].memory_bytes % HUM_BLOCK_SIZE == 0);
        humi_check(params[i].workers >= 1 && params[i].workers <= HUMI_WORKERS_MAX);
    }
}

static void try_values(const char *text)
{
    struct humi_option option = humi_option_find("HUM_FUZZ", text);
    size_t bytes = 12345;
    uint64_t number = 12345, ns = 12345;
    enum hum_status status;
    bool on = true;

    if (!humi_option_is_set(&option))
        return;
    status = humi_option_size(&option, &bytes);
    if (status != HUM_OK) {
        check_refused(status);
        humi_check(bytes == 12345);
    }
    status = humi_option_number(&option, 1000, &number);
    if (status != HUM_OK) {
        check_refused(status);
        humi_check(number == 12345);
    } else {
        humi_check(number <= 1000);
    }
    status = humi_option_duration(&option, &ns);
    if (status != HUM_OK) {
        check_refused(status);
        humi_check(ns == 12345);
    }
    status = humi_option_switch(&option, &on);
    if (status != HUM_OK) {
        check_refused(status);
        humi_check(on);
    }
}

/* What is accepted has one text, which reads back as the same. */
static bool try_policy(const char *text)
{
    char once[HUMI_POLICY_TEXT_MAX], twice[HUMI_POLICY_TEXT_MAX];
    struct humi_policy policy, before, again;

    memset(&policy, 0x5a, sizeof policy);
    memcpy(&before, &policy, sizeof policy);
    if (humi_policy_read("HUM_POLICY", humi_slice_of(text), &policy) != HUM_OK) {
        check_refused(HUM_ERR_INVALID);
        humi_check(memcmp(&policy, &before, sizeof policy) == 0);
        return false;
    }
    humi_check(humi_policy_text(&policy, once, sizeof once) < sizeof once);
    humi_check(humi_policy_read("HUM_POLICY", humi_slice_of(once), &again) == HUM_OK);
    humi_policy_text(&again, twice, sizeof twice);
    humi_check(strcmp(once, twice) == 0 && humi_policy_same_parts(&policy, &again));
    humi_check(memcmp(policy.tunables, again.tunables, sizeof policy.tunables) == 0);
    return true;
}

/* Opening is always refused here, for the policy if for nothing else, so no device starts. */
static void try_opening(const char *text)
{
    struct hum *const untouched = (struct hum *)(uintptr_t)0x5a5a;
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum = untouched;

    if (try_policy(text))
        return;
    options.policy = text;
    options.features = text;
    options.devices = text;
    check_refused(hum_open(&options, &hum));
    humi_check(hum == untouched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    try_devices(text);
    try_values(text);
    try_opening(text);
    free(text);
    return 0;
}
