/* SPDX-License-Identifier: MIT */
/*
 * vendors.h - which implementations of OpenCL a device process sees: any but hum's own platform,
 * which would start a device in the device.
 *
 *     HUM_OPENCL_HIDE   set here: the platform says that it is not there
 *     HUM_ICD_VENDORS   what OCL_ICD_VENDORS is to be here, "" for the system's; where it is not
 *                       set, OCL_ICD_VENDORS stays unless it names hum's platform alone
 *
 * Threads: called once, before there are others.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_VENDORS_H
#define HUMI_DEVICE_EMU_PROCESS_VENDORS_H

void humi_vendors_choose(void);

#endif
