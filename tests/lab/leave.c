/* Ends its process while a scan goes on over sealed connections, as somebody does who closes PowerShell.
 *
 *   leave REQUEST
 *
 * Exit code 0, whatever the threads of the library do meanwhile. The Kerberos library destroys its locks on the way
 * out; each rests for a moment after that, so a thread that still takes one is sure to be seen.
 */

#define _GNU_SOURCE
#include "password_writeback.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static int leaving;

/* In place of the C library's for everything in this process. */
int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    int (*real)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_destroy");
    int result = real(mutex);
    if (leaving) {
        struct timespec moment = {0, 20000000};
        nanosleep(&moment, NULL);
    }
    return result;
}

static int contains(PwbBuffer text, const char *part) { return memmem(text.data, text.length, part, strlen(part)) != NULL; }

int main(int argc, char **argv)
{
    PwbBuffer buffer = {0};
    uint64_t job = 0;
    int scans = 0;
    if (argc != 2 || pwb_test_user((const uint8_t *)argv[1], strlen(argv[1]), &job, &buffer) != PWB_STATUS_OK) {
        return 1;
    }
    while (!scans) {
        if (pwb_job_poll(job, 1000, &buffer) != PWB_STATUS_OK || !contains(buffer, "\"state\":\"running\"")) {
            return 1;
        }
        scans = contains(buffer, "\"activity\":\"Examining the users");
        pwb_buffer_release(&buffer);
    }
    leaving = 1;
    return 0;
}
