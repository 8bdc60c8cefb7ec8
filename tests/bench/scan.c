/* What a scan of all users costs through the boundary: CPU, and memory over that at the start.
 *
 *   scan REQUEST PAUSE        REQUEST may name a secret as @SECRET@, which is taken from PWB_SECRET;
 *                             PAUSE in milliseconds after each poll: a pipeline that reads slowly
 *
 * Prints users, CPU, seconds, MiB at the start, MiB over it; on the other channel the coverage of each domain,
 * and a word when the first users come.
 */

#include "password_writeback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Less than what stands behind the items of a page. */
enum { TAIL = 1024 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A line of /proc/self/status, in MiB. */
static double memory(const char *name)
{
    char line[256];
    double kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kib = atof(line + strlen(name) + 1);
        }
    }
    fclose(status);
    return kib / 1024;
}

static int contains(const char *text, const char *part) { return strstr(text, part) != NULL; }

/* The coverage items of a page, from their words to their last list. */
static void print_coverage(const char *page)
{
    const char *item = page, *end;
    while ((item = strstr(item, "{\"kind\":\"coverage\"")) != NULL) {
        item = strstr(item, "\"message\"");
        end = item != NULL ? strstr(item, "\"gaps\"") : NULL;
        end = end != NULL ? strchr(end, ']') : NULL;
        if (end == NULL) {
            return;
        }
        fprintf(stderr, "%.*s\n", (int)(end - item + 1), item);
    }
}

int main(int argc, char **argv)
{
    char request[4096], *page = NULL;
    const char *secret = getenv("PWB_SECRET"), *mark, *item, *end;
    PwbBuffer buffer = {0};
    uint64_t handle = 0, job = 0;
    long users = 0, pause;
    size_t length;
    int running = 1;
    if (argc != 3 || strlen(argv[1]) > sizeof request - 32) {
        return 2;
    }
    mark = strstr(argv[1], "@SECRET@");
    if (mark != NULL && secret == NULL) {
        return 2;
    }
    pause = atol(argv[2]);
    pwb_abi_version();
    double before = memory("VmRSS"), started = now();
    if (mark == NULL) {
        strcpy(request, argv[1]);
    } else {
        if (pwb_secret_put((const uint8_t *)secret, strlen(secret), &handle, &buffer) != PWB_STATUS_OK) {
            return 1;
        }
        snprintf(request, sizeof request, "%.*s%llu%s", (int)(mark - argv[1]), argv[1], (unsigned long long)handle, mark + 8);
    }
    if (pwb_test_user((const uint8_t *)request, strlen(request), &job, &buffer) != PWB_STATUS_OK) {
        fprintf(stderr, "%.*s\n", (int)buffer.length, (const char *)buffer.data);
        return 1;
    }
    while (running) {
        if (pwb_job_poll(job, 1000, &buffer) != PWB_STATUS_OK) {
            return 1;
        }
        page = realloc(page, buffer.length + 1);
        if (page == NULL) {
            return 1;
        }
        memcpy(page, buffer.data, buffer.length);
        page[buffer.length] = 0;
        length = buffer.length;
        pwb_buffer_release(&buffer);
        int is_first = users == 0;
        end = page;
        for (item = page; (item = strstr(item, "{\"kind\":\"user\",\"target\":")) != NULL; end = item++) {
            users++;
        }
        if (is_first && users > 0) {
            fputs("first users\n", stderr);
        }
        /* The coverage comes after the users. */
        print_coverage(end);
        /* The end of a page says whether more come. */
        end = page + (length > TAIL ? length - TAIL : 0);
        running = contains(end, "\"state\":\"running\"") || contains(end, "\"more\":true");
        if (pause > 0) {
            struct timespec t = {pause / 1000, pause % 1000 * 1000000};
            nanosleep(&t, NULL);
        }
    }
    pwb_job_close(job);
    free(page);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("%ld %.2f %.1f %.1f %.1f\n", users, cpu, now() - started, before, memory("VmHWM") - before);
    return 0;
}
