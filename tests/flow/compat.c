/* SPDX-License-Identifier: MIT */
/* compat.c - CUDA's names over hum: what each call does, and what it says when it cannot. */
#include <hum/compat_cuda.h>

#include "flow/compat_other.h"
#include "flow/flow.h"

#define cuda(call) assert_int_equal((call), cudaSuccess)
#define says(want, call)                                                                           \
    do {                                                                                           \
        assert_int_equal((call), (want));                                                          \
        assert_int_equal(cudaPeekAtLastError(), (want));                                           \
        assert_int_equal(cudaGetLastError(), (want));                                              \
        assert_int_equal(cudaGetLastError(), cudaSuccess);                                         \
    } while (0)

static void *managed(size_t bytes)
{
    void *ptr = NULL;

    cuda(cudaMallocManaged(&ptr, bytes, cudaMemAttachGlobal));
    assert_non_null(ptr);
    return ptr;
}

static int ranged(enum cudaMemRangeAttribute attribute, const void *ptr, size_t bytes)
{
    int value = -99;

    cuda(cudaMemRangeGetAttribute(&value, sizeof value, attribute, ptr, bytes));
    return value;
}

static void allocation_is_managed_until_freed(void **state)
{
    struct cudaPointerAttributes attributes;
    void *ptr = managed(100), *host = &attributes;

    (void)state;
    cuda(cudaPointerGetAttributes(&attributes, (char *)ptr + 99));
    assert_int_equal(attributes.type, cudaMemoryTypeManaged);
    assert_int_equal(attributes.device, 0);
    assert_ptr_equal(attributes.devicePointer, (char *)ptr + 99);
    assert_int_equal(other_type_of(ptr), cudaMemoryTypeManaged); /* one state for all files */
    cuda(cudaPointerGetAttributes(&attributes, host));
    assert_int_equal(attributes.type, cudaMemoryTypeUnregistered);
    assert_int_equal(attributes.device, cudaInvalidDeviceId);
    says(cudaErrorInvalidValue, cudaPointerGetAttributes(NULL, ptr));
    says(cudaErrorInvalidValue, cudaFree((char *)ptr + 1));
    cuda(cudaFree(ptr));
    says(cudaErrorInvalidValue, cudaFree(ptr));
    cuda(cudaFree(NULL));
    assert_int_equal(other_type_of(ptr), cudaMemoryTypeUnregistered);
    says(cudaErrorInvalidValue, cudaMallocManaged(NULL, 1, cudaMemAttachGlobal));
    says(cudaErrorInvalidValue, cudaMallocManaged(&ptr, 0, cudaMemAttachGlobal));
    says(cudaErrorInvalidValue, cudaMallocManaged(&ptr, 1, cudaMemAttachSingle));
    says(cudaErrorMemoryAllocation, cudaMallocManaged(&ptr, (size_t)1 << 62, cudaMemAttachHost));
}

static void an_error_noted_in_one_file_is_read_in_another(void **state)
{
    (void)state;
    assert_int_equal(cudaMemset(NULL, 0, 1), cudaErrorInvalidValue);
    assert_int_equal(other_last_error(), cudaErrorInvalidValue);
    assert_int_equal(cudaGetLastError(), cudaSuccess);
}

static void launches_run_in_the_order_of_a_stream(void **state)
{
    enum { N = 100000 };
    struct flow_words args = {.n = N, .value = 7};
    cudaEvent_t start = NULL, end = NULL, never = NULL;
    cudaStream_t stream = NULL;
    uint64_t *copy = malloc(N * sizeof *copy);
    float ms = -1;

    (void)state;
    args.words = managed(N * sizeof *args.words);
    cuda(cudaStreamCreate(&stream));
    cuda(cudaEventCreate(&start));
    cuda(cudaEventCreate(&end));
    cuda(cudaEventCreate(&never));
    cuda(cudaEventRecord(start, stream));
    cuda(HUM_COMPAT_LAUNCH_FLAT("flow_memory:fill", N, stream, args));
    cuda(HUM_COMPAT_LAUNCH_FLAT("flow_memory:add", N, stream, args));
    cuda(cudaEventRecord(end, stream));
    cuda(cudaStreamWaitEvent(NULL, end, 0));
    cuda(cudaMemcpyAsync(copy, args.words, N * sizeof *copy, cudaMemcpyDeviceToHost, stream));
    uint64_t first = copy[0];
    assert_true(first >= 7);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(copy[i], args.words[i]);
    cuda(cudaEventSynchronize(end));
    cuda(cudaEventQuery(end));
    cuda(cudaEventElapsedTime(&ms, start, end));
    assert_true(ms >= 0);
    says(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, never));
    says(cudaErrorInvalidResourceHandle, cudaEventRecord(NULL, stream));
    says(cudaErrorInvalidResourceHandle, cudaStreamDestroy(NULL));
    cuda(cudaEventDestroy(start));
    cuda(cudaEventDestroy(end));
    cuda(cudaEventDestroy(never));
    cuda(cudaStreamSynchronize(stream));
    cuda(cudaStreamDestroy(stream));
    cuda(cudaFree(args.words));
    free(copy);
}

static void a_grid_runs_every_item_once(void **state)
{
    struct flow_grid args = {.hits = managed(4 * 3 * 2 * 8 * sizeof(uint32_t))};
    struct flow_none none = {0};

    (void)state;
    cuda(HUM_COMPAT_LAUNCH("flow_memory:grid_hits", HUM_DIM3(4, 3, 2), HUM_DIM3(2, 2, 2), NULL,
                           args));
    cuda(cudaDeviceSynchronize());
    for (size_t i = 0; i < 4 * 3 * 2 * 8; i++)
        assert_int_equal(args.hits[i], 1);
    cuda(cudaFree(args.hits));
    says(cudaErrorInvalidConfiguration,
         HUM_COMPAT_LAUNCH("flow_memory:nothing", HUM_DIM3(0, 1, 1), HUM_DIM3(1, 1, 1), NULL,
                           none));
    says(cudaErrorInvalidConfiguration,
         HUM_COMPAT_LAUNCH("flow_memory:nothing", HUM_DIM3(1, 1, 1), HUM_DIM3(1u << 31, 2, 1), NULL,
                           none));
    says(cudaErrorSymbolNotFound, HUM_COMPAT_LAUNCH_FLAT("flow_memory:absent", 1, NULL, none));
    says(cudaErrorSymbolNotFound, HUM_COMPAT_LAUNCH_FLAT("absent", 1, NULL, none));
}

static void a_wild_pointer_arrives_where_one_waits(void **state)
{
    struct flow_poke args = {0};
    uint64_t *word = managed(sizeof *word);

    (void)state;
    args.address = word;
    cuda(cudaFree(word));
    cuda(HUM_COMPAT_LAUNCH_FLAT("flow_faulty:poke", 1, NULL, args));
    says(cudaErrorIllegalAddress, cudaDeviceSynchronize());
    cuda(cudaDeviceSynchronize());
}

static void copies_and_fills_stay_inside(void **state)
{
    unsigned char *a = managed(100), *b = managed(100), host[128];

    (void)state;
    cuda(cudaMemset(a, 0x5a, 100));
    cuda(cudaMemcpy(b, a, 100, cudaMemcpyDefault));
    cuda(cudaMemcpy(host, b, 100, cudaMemcpyDeviceToHost));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(host[i], 0x5a);
    memset(host, 1, sizeof host);
    cuda(cudaMemcpy2D(a + 5, 20, host, 10, 10, 4, cudaMemcpyHostToDevice));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(a[i], i < 80 && i % 20 >= 5 && i % 20 < 15 ? 1 : 0x5a);
    says(cudaErrorInvalidValue, cudaMemset(a, 0, 101));
    says(cudaErrorInvalidValue, cudaMemset(host, 0, 1));
    says(cudaErrorInvalidValue, cudaMemcpy(a, host, 101, cudaMemcpyHostToDevice));
    says(cudaErrorInvalidValue, cudaMemcpy(NULL, host, 1, cudaMemcpyHostToDevice));
    says(cudaErrorInvalidValue, cudaMemcpy2D(a, 5, host, 10, 10, 1, cudaMemcpyHostToDevice));
    says(cudaErrorInvalidMemcpyDirection, cudaMemcpy(a, host, 1, (enum cudaMemcpyKind)5));
    cuda(cudaFree(a));
    cuda(cudaFree(b));
}

static void advice_is_what_attributes_tell(void **state)
{
    char *ptr = managed(4 * BLOCK);
    int ids[3];

    (void)state;
    assert_int_equal(ranged(cudaMemRangeAttributeReadMostly, ptr, 4 * BLOCK), 0);
    cuda(cudaMemAdvise(ptr, 2 * BLOCK, cudaMemAdviseSetReadMostly, 0));
    assert_int_equal(ranged(cudaMemRangeAttributeReadMostly, ptr, 2 * BLOCK), 1);
    assert_int_equal(ranged(cudaMemRangeAttributeReadMostly, ptr + BLOCK, 2 * BLOCK), 0);
    cuda(cudaMemAdvise(ptr, 2 * BLOCK, cudaMemAdviseUnsetReadMostly, 0));
    assert_int_equal(ranged(cudaMemRangeAttributeReadMostly, ptr, 1), 0);

    assert_int_equal(ranged(cudaMemRangeAttributePreferredLocation, ptr, 1), cudaInvalidDeviceId);
    cuda(cudaMemAdvise(ptr, 4 * BLOCK, cudaMemAdviseSetPreferredLocation, 0));
    cuda(cudaMemAdvise(ptr, BLOCK, cudaMemAdviseSetPreferredLocation, cudaCpuDeviceId));
    assert_int_equal(ranged(cudaMemRangeAttributePreferredLocation, ptr, BLOCK), cudaCpuDeviceId);
    assert_int_equal(ranged(cudaMemRangeAttributePreferredLocation, ptr + BLOCK, BLOCK), 0);
    assert_int_equal(ranged(cudaMemRangeAttributePreferredLocation, ptr, 2 * BLOCK),
                     cudaInvalidDeviceId);

    cuda(cudaMemAdvise(ptr, BLOCK, cudaMemAdviseSetAccessedBy, 0));
    cuda(cudaMemAdvise(ptr, BLOCK, cudaMemAdviseSetAccessedBy, cudaCpuDeviceId));
    cuda(cudaMemRangeGetAttribute(ids, sizeof ids, cudaMemRangeAttributeAccessedBy, ptr, BLOCK));
    assert_int_equal(ids[0], cudaCpuDeviceId);
    assert_int_equal(ids[1], 0);
    assert_int_equal(ids[2], cudaInvalidDeviceId);
    says(cudaErrorInvalidDevice, cudaMemAdvise(ptr, 1, cudaMemAdviseSetAccessedBy, 9));
    says(cudaErrorInvalidValue, cudaMemAdvise(ptr, 4 * BLOCK + 1, cudaMemAdviseSetReadMostly, 0));
    says(cudaErrorInvalidValue, cudaMemAdvise(ptr, 1, (enum cudaMemoryAdvise)7, 0));
    says(cudaErrorInvalidValue,
         cudaMemRangeGetAttribute(ids, 3, cudaMemRangeAttributeReadMostly, ptr, 1));
    says(cudaErrorInvalidValue,
         cudaMemRangeGetAttribute(ids, 4, (enum cudaMemRangeAttribute)99, ptr, 1));
    cuda(cudaFree(ptr));
}

static void a_prefetch_moves_pages_and_is_remembered(void **state)
{
    char *ptr = managed(BLOCK + 3 * PAGE);

    (void)state;
    memset(ptr, 1, BLOCK);
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptr, BLOCK),
                     cudaInvalidDeviceId);
    cuda(cudaMemPrefetchAsync(ptr, 4 * PAGE, 0, NULL));
    cuda(cudaDeviceSynchronize());
    assert_true(flow_page(hum_compat_space(), ptr).resident & HUM_BIT(0));
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptr, 4 * PAGE), 0);
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptr, 4 * PAGE + 1),
                     cudaInvalidDeviceId);
    assert_int_equal(other_prefetch(ptr, PAGE, cudaMemLocationTypeHostNuma, 0), cudaSuccess);
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptr, 1), cudaCpuDeviceId);
    assert_int_equal(ranged(cudaMemRangeAttributePreferredLocation, ptr, 1), cudaCpuDeviceId);
    assert_int_equal(other_prefetch(ptr, PAGE, cudaMemLocationTypeInvalid, 0),
                     cudaErrorInvalidDevice);
    says(cudaErrorInvalidDevice, cudaMemPrefetchAsync(ptr, 1, 5, NULL));
    says(cudaErrorInvalidValue, cudaMemPrefetchAsync(&ptr, 1, 0, NULL));
    cuda(cudaFree(ptr));
}

static void batches_are_checked_whole_before_anything_moves(void **state)
{
    struct cudaMemLocation places[] = {{cudaMemLocationTypeDevice, 0},
                                       {cudaMemLocationTypeHost, 0}};
    void *ptrs[] = {managed(PAGE), managed(PAGE), managed(PAGE)};
    size_t sizes[] = {PAGE, PAGE, PAGE}, firsts[] = {0, 2}, wrong[] = {0, 3};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        memset(ptrs[i], 1, PAGE);
    says(cudaErrorInvalidValue,
         cudaMemPrefetchBatchAsync(ptrs, sizes, 3, places, wrong, 2, 0, NULL));
    says(cudaErrorInvalidValue,
         cudaMemPrefetchBatchAsync(ptrs, sizes, 3, places, firsts, 2, 1, NULL));
    sizes[2] = PAGE + 1;
    says(cudaErrorInvalidValue,
         cudaMemPrefetchBatchAsync(ptrs, sizes, 3, places, firsts, 2, 0, NULL));
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptrs[0], 1),
                     cudaInvalidDeviceId);
    sizes[2] = PAGE;
    cuda(cudaMemPrefetchBatchAsync(ptrs, sizes, 3, places, firsts, 2, 0, NULL));
    cuda(cudaDeviceSynchronize());
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptrs[1], 1), 0);
    assert_int_equal(ranged(cudaMemRangeAttributeLastPrefetchLocation, ptrs[2], 1),
                     cudaCpuDeviceId);
    cuda(cudaMemDiscardBatchAsync(ptrs, sizes, 1, 0, NULL));
    cuda(cudaMemDiscardAndPrefetchBatchAsync(ptrs + 1, sizes, 1, places, firsts, 1, 0, NULL));
    cuda(cudaDeviceSynchronize());
    assert_int_equal(*(char *)ptrs[0] | *(char *)ptrs[1], 0);
    assert_int_equal(*(char *)ptrs[2], 1);
    says(cudaErrorInvalidValue, cudaMemDiscardBatchAsync(ptrs, sizes, 0, 0, NULL));
    for (unsigned i = 0; i < 3; i++)
        cuda(cudaFree(ptrs[i]));
}

/* A list whose nodes no argument points to, but the first. */
static uint64_t walk(struct flow_node *head, uint64_t *sum)
{
    struct flow_list args = {.head = head, .sum = sum};

    *sum = 0;
    cuda(HUM_COMPAT_LAUNCH_FLAT("flow_memory:walk", 1, NULL, args));
    cuda(cudaDeviceSynchronize());
    return *sum;
}

static void attaching_says_what_launches_take_along(void **state)
{
    struct flow_node *a = managed(sizeof *a), *b = NULL;
    uint64_t *sum = managed(sizeof *sum);
    cudaStream_t stream = NULL;

    (void)state;
    cuda(cudaStreamCreate(&stream));
    cuda(cudaMallocManaged((void **)&b, sizeof *b, cudaMemAttachHost));
    *b = (struct flow_node){.value = 2};
    *a = (struct flow_node){.value = 1, .next = b};
    cuda(cudaStreamAttachMemAsync(NULL, b, 0, cudaMemAttachGlobal));
    assert_int_equal(walk(a, sum), 3);
    a->value = 1; /* walking adds one to each */
    b->value = 4;
    cuda(cudaStreamAttachMemAsync(stream, b, sizeof *b, cudaMemAttachSingle));
    assert_int_equal(walk(a, sum), 5);
    cuda(cudaStreamAttachMemAsync(stream, b, 0, cudaMemAttachHost));
    says(cudaErrorInvalidValue, cudaStreamAttachMemAsync(NULL, b, 0, cudaMemAttachSingle));
    says(cudaErrorInvalidValue, cudaStreamAttachMemAsync(stream, b, 1, cudaMemAttachGlobal));
    says(cudaErrorInvalidValue, cudaStreamAttachMemAsync(stream, b, 0, 3));
    says(cudaErrorInvalidValue, cudaStreamAttachMemAsync(stream, &b, 0, cudaMemAttachGlobal));
    cuda(cudaStreamDestroy(stream));
    cuda(cudaFree(a));
    cuda(cudaFree(b));
    cuda(cudaFree(sum));
}

static void devices_tell_what_they_can(void **state)
{
    int count = 0, value = -1, device = -1;
    struct hum_device_info info;
    struct cudaDeviceProp prop;

    (void)state;
    cuda(cudaGetDeviceCount(&count));
    assert_int_equal(count, hum_device_count(hum_compat_space()));
    ok(hum_device_info(hum_compat_space(), 0, &info));
    cuda(cudaDeviceGetAttribute(&value, cudaDevAttrManagedMemory, 0));
    assert_int_equal(value, 1);
    cuda(cudaDeviceGetAttribute(&value, cudaDevAttrConcurrentManagedAccess, 0));
    assert_int_equal(value, info.faults);
    cuda(cudaDeviceGetAttribute(&value, cudaDevAttrPageableMemoryAccess, 0));
    assert_int_equal(value, 0);
    cuda(cudaGetDeviceProperties(&prop, 0));
    assert_string_equal(prop.name, info.name);
    assert_int_equal(prop.totalGlobalMem, info.memory_bytes);
    cuda(cudaSetDevice(0));
    cuda(cudaGetDevice(&device));
    assert_int_equal(device, 0);
    says(cudaErrorInvalidDevice, cudaSetDevice(count));
    says(cudaErrorInvalidValue, cudaDeviceGetAttribute(&value, (enum cudaDeviceAttr)9999, 0));
}

static void the_driver_s_names_do_the_same(void **state)
{
    CUmemLocation there = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    const char *text = NULL;
    CUdeviceptr ptr = 0, one;
    unsigned managed_word = 0;
    size_t word = 0, zero = 0, bytes = PAGE;
    int value = -1;

    (void)state;
    assert_int_equal(cuInit(0), CUDA_SUCCESS);
    assert_int_equal(cuMemAllocManaged(&ptr, PAGE, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
    one = ptr + 1;
    assert_int_equal(cuPointerGetAttribute(&managed_word, CU_POINTER_ATTRIBUTE_IS_MANAGED, one), 0);
    assert_int_equal(managed_word, 1);
    assert_int_equal(cuPointerGetAttribute(&word, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, one), 0);
    assert_int_equal(word, ptr);
    assert_int_equal(cuPointerGetAttribute(&word, CU_POINTER_ATTRIBUTE_RANGE_SIZE, one), 0);
    assert_int_equal(word, PAGE);
    assert_int_equal(cuPointerGetAttribute(&word, CU_POINTER_ATTRIBUTE_RANGE_SIZE, (size_t)&word),
                     CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(cuMemAdvise(ptr, PAGE, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, 0), CUDA_SUCCESS);
    assert_int_equal(cuMemAdvise_v2(ptr, PAGE, CU_MEM_ADVISE_SET_READ_MOSTLY, there), CUDA_SUCCESS);
    assert_int_equal(cuMemPrefetchAsync(ptr, PAGE, CU_DEVICE_CPU, NULL), CUDA_SUCCESS);
    assert_int_equal(cuMemPrefetchBatchAsync(&ptr, &bytes, 1, &there, &zero, 1, 0, NULL),
                     CUDA_SUCCESS);
    assert_int_equal(cuCtxSynchronize(), CUDA_SUCCESS);
    assert_int_equal(cuMemRangeGetAttribute(&value, sizeof value,
                                            CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, ptr, 1),
                     CUDA_SUCCESS);
    assert_int_equal(value, 0);
    assert_int_equal(cuStreamAttachMemAsync(NULL, ptr, 0, CU_MEM_ATTACH_HOST), CUDA_SUCCESS);
    assert_int_equal(cuMemFree(ptr), CUDA_SUCCESS);
    assert_int_equal(cuMemFree(ptr), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
    assert_string_equal(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
    assert_int_equal(cuGetErrorName((CUresult)12345, &text), CUDA_ERROR_INVALID_VALUE);
    (void)cudaGetLastError();
}

static void every_status_has_an_error_of_its_kind(void **state)
{
    (void)state;
#define HAS_ERROR(name, value, text)                                                               \
    if (name != HUM_AGAIN) {                                                                       \
        cudaError_t error = hum_compat_error(name);                                                \
        assert_true((error == cudaSuccess) == (name == HUM_OK));                                   \
        assert_int_not_equal(error, cudaErrorUnknown);                                             \
        assert_string_not_equal(cudaGetErrorName(error), "unrecognized error code");               \
    }
    HUM_STATUS_LIST(HAS_ERROR)
    assert_string_equal(cudaGetErrorName(cudaErrorInvalidValue), "cudaErrorInvalidValue");
    assert_string_equal(cudaGetErrorString(cudaSuccess), "no error");
    assert_string_equal(cudaGetErrorString((cudaError_t)12345), "unrecognized error code");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation_is_managed_until_freed),
        cmocka_unit_test(an_error_noted_in_one_file_is_read_in_another),
        cmocka_unit_test(launches_run_in_the_order_of_a_stream),
        cmocka_unit_test(a_grid_runs_every_item_once),
        cmocka_unit_test(a_wild_pointer_arrives_where_one_waits),
        cmocka_unit_test(copies_and_fills_stay_inside),
        cmocka_unit_test(advice_is_what_attributes_tell),
        cmocka_unit_test(a_prefetch_moves_pages_and_is_remembered),
        cmocka_unit_test(batches_are_checked_whole_before_anything_moves),
        cmocka_unit_test(attaching_says_what_launches_take_along),
        cmocka_unit_test(devices_tell_what_they_can),
        cmocka_unit_test(the_driver_s_names_do_the_same),
        cmocka_unit_test(every_status_has_an_error_of_its_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
