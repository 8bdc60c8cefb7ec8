/* What a call across the boundary costs: polls of an idle job beside calls of a function that does nothing. */

#include "password_writeback.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    enum { ROUNDS = 200000 };
    const char *request = "{\"diagnostic\":\"pwb_test_all\",\"expects\":[\"records\"]}";
    PwbBuffer buffer = {0};
    uint64_t job = 0;
    if (pwb_analyze((const uint8_t *)request, strlen(request), &job, &buffer) != PWB_STATUS_OK) {
        return 1;
    }
    unsigned sum = 0;
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        sum += pwb_abi_version();
    }
    double empty = now() - start;
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        pwb_job_poll(job, 0, &buffer);
        pwb_buffer_release(&buffer);
    }
    double poll = now() - start;
    pwb_job_close(job);
    printf("empty call %.0f ns, idle poll with its JSON and release %.0f ns (%u)\n", empty / ROUNDS * 1e9, poll / ROUNDS * 1e9, sum & 1);
    return 0;
}
