/* Every export, with good and with bad input. Prints 'ok - ...' or 'not ok - ...' lines; run under
 * AddressSanitizer and UndefinedBehaviorSanitizer. */

#include "password_writeback.h"

#include "threads.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void expect(int holds, const char *what)
{
    printf("%s - %s\n", holds ? "ok" : "not ok", what);
    failures += !holds;
}

/* True when the buffer holds JSON with this piece of text. */
static int holds(const PwbBuffer *buffer, const char *piece)
{
    size_t length = strlen(piece);
    for (size_t i = 0; buffer->data && i + length <= buffer->length; i++) {
        if (memcmp(buffer->data + i, piece, length) == 0) {
            return 1;
        }
    }
    return 0;
}

static const uint8_t *bytes(const char *text)
{
    return (const uint8_t *)text;
}

typedef PwbStatus (*Start)(const uint8_t *, size_t, uint64_t *, PwbBuffer *);

/* Every diagnostic of the header: tests/c/diagnostics.sh writes the list. */
static const struct {
    const char *name;
    Start start;
} diagnostics[] = {
#define DIAGNOSTIC(name) {#name, name},
#include "diagnostics.inc"
#undef DIAGNOSTIC
};

/* A request that must be refused, with the field that the error must name. */
static void refused(Start start, const char *request, PwbStatus status, const char *field)
{
    PwbBuffer error = {0};
    uint64_t job = 0;
    PwbStatus got = start(bytes(request), strlen(request), &job, &error);
    char what[256];
    snprintf(what, sizeof what, "%.120s is refused with %u", request, (unsigned)status);
    expect(got == status && job == 0 && holds(&error, field), what);
    pwb_buffer_release(&error);
    pwb_buffer_release(&error);
}

/* Polls a job to its end; true when a snapshot held the piece. */
static int run_to_end(uint64_t job, const char *piece)
{
    int seen = 0;
    for (int i = 0; i < 600; i++) {
        PwbBuffer snapshot = {0};
        PwbStatus status = pwb_job_poll(job, 100, &snapshot);
        seen |= holds(&snapshot, piece);
        int ended = status != PWB_STATUS_OK || (!holds(&snapshot, "\"state\":\"running\"") && holds(&snapshot, "\"more\":false"));
        pwb_buffer_release(&snapshot);
        if (ended) {
            break;
        }
    }
    return seen;
}

/* What every diagnostic refuses alike, with one numbered status and one JSON error for each. */
static void refused_by_all(const uint8_t *request, size_t length, PwbStatus status, const char *piece, const char *what)
{
    for (size_t i = 0; i < sizeof diagnostics / sizeof diagnostics[0]; i++) {
        PwbBuffer error = {0};
        uint64_t job = 0;
        char line[128];
        PwbStatus got = diagnostics[i].start(request, length, &job, &error);
        snprintf(line, sizeof line, "%s: %s", diagnostics[i].name, what);
        expect(got == status && job == 0 && holds(&error, "\"code\":") && holds(&error, piece), line);
        pwb_buffer_release(&error);
        pwb_buffer_release(&error);
    }
}

static void bad_input(void)
{
    PwbBuffer error = {0};
    uint64_t job = 0;
    refused_by_all(NULL, 5, PWB_STATUS_NULL_POINTER, "NULL", "NULL with a length");
    refused_by_all(bytes("{}"), 16u * 1024 * 1024 + 1, PWB_STATUS_TOO_LARGE, "", "more than 16 MiB");
    refused_by_all(bytes("{\"a\":\"\xff\"}"), 9, PWB_STATUS_INVALID_UTF8, "", "invalid UTF-8");
    refused_by_all(bytes("{"), 1, PWB_STATUS_MALFORMED_JSON, "JSON", "half an object");
    refused_by_all(bytes("{\"x1\":1}"), 8, PWB_STATUS_UNKNOWN_FIELD, "\"field\":\"x1\"", "an unknown field");
    expect(pwb_test_all(bytes("{}"), 2, NULL, &error) == PWB_STATUS_NULL_POINTER && holds(&error, "\"field\":\"job\""), "NULL for the job");
    pwb_buffer_release(&error);
    expect(pwb_test_all(bytes("{"), 1, &job, NULL) == PWB_STATUS_MALFORMED_JSON, "an error that nobody wants");
    expect(pwb_job_poll(1, 0, NULL) == PWB_STATUS_NULL_POINTER, "a snapshot that nobody wants");
    expect(pwb_describe(NULL) == PWB_STATUS_OK, "a description that nobody wants");

    refused(pwb_test_all, "", PWB_STATUS_MALFORMED_JSON, "JSON");
    refused(pwb_test_all, "[1]", PWB_STATUS_INVALID_FIELD, "field");
    refused(pwb_test_all, "{\"selektion\":{}}", PWB_STATUS_UNKNOWN_FIELD, "\"field\":\"selektion\"");
    refused(pwb_test_all, "{\"limits\":{\"probeTimeout\":1}}", PWB_STATUS_UNKNOWN_FIELD, "\"field\":\"limits.probeTimeout\"");
    refused(pwb_test_all, "{\"limits\":{\"probeTimeoutMs\":\"x\"}}", PWB_STATUS_INVALID_FIELD, "\"field\":\"limits.probeTimeoutMs\"");
    refused(pwb_test_all, "{\"limits\":{\"probeTimeoutMs\":1}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"limits.probeTimeoutMs\"");
    refused(pwb_test_all, "{\"selection\":{\"checks\":[\"PW303\",\"PWX\"]}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"selection.checks[1]\"");
    refused(pwb_test_all, "{\"directory\":{\"user\":\"u\",\"secret\":999999}}", PWB_STATUS_UNKNOWN_SECRET, "\"field\":\"directory.secret\"");
    refused(pwb_test_all, "{\"expects\":[\"no-kind\"]}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"expects[0]\"");
    refused(pwb_test_connectivity, "{\"network\":{\"proxy\":\"http://u:p@h:1\"}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"network.proxy\"");
    refused(pwb_test_connectivity, "{\"directory\":{}}", PWB_STATUS_UNKNOWN_FIELD, "\"field\":\"directory\"");
    refused(pwb_test_directory, "{\"knowledgePath\":\"/no/such/folder\"}", PWB_STATUS_IO, "\"field\":\"knowledgePath\"");
    refused(pwb_test_all, "{\"output\":{\"matrix\":true}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"output.matrix\"");
    refused(pwb_test_user, "{\"directory\":{\"identities\":[\"anna\",\" \"]}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"directory.identities[1]\"");
    refused(pwb_test_user, "{\"user\":{\"operation\":\"Guess\"}}", PWB_STATUS_INVALID_FIELD, "\"field\":\"user.operation\"");
    refused(pwb_test_permission, "{\"directory\":{\"sampleSize\":501}}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"directory.sampleSize\"");
    refused(pwb_test_permission, "{\"user\":{}}", PWB_STATUS_UNKNOWN_FIELD, "\"field\":\"user\"");
    refused(pwb_analyze, "{}", PWB_STATUS_MISSING_FIELD, "\"field\":\"diagnostic\"");
    refused(pwb_analyze, "{\"diagnostic\":\"pwb_test_all\"}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"evidencePaths\"");
    refused(pwb_export_evidence, "{\"path\":\"x.zip\"}", PWB_STATUS_OUT_OF_RANGE, "\"field\":\"noRedact\"");
    refused(pwb_import_evidence, "{}", PWB_STATUS_MISSING_FIELD, "\"field\":\"path\"");
    refused(pwb_render, "{\"format\":\"text\"}", PWB_STATUS_MISSING_FIELD, "\"field\":\"report\"");
}

static void unknown_jobs(void)
{
    PwbBuffer buffer = {0};
    expect(pwb_job_poll(424242, 0, &buffer) == PWB_STATUS_UNKNOWN_JOB && holds(&buffer, "unknownJob"), "poll of an unknown job");
    pwb_buffer_release(&buffer);
    expect(pwb_job_cancel(424242, &buffer) == PWB_STATUS_UNKNOWN_JOB, "cancel of an unknown job");
    pwb_buffer_release(&buffer);
    expect(pwb_job_offer(424242, bytes("{}"), 2, &buffer) == PWB_STATUS_UNKNOWN_JOB, "offer to an unknown job");
    pwb_buffer_release(&buffer);
    pwb_job_close(424242);
    expect(1, "close of an unknown job is harmless");
}

static void secrets(void)
{
    PwbBuffer error = {0};
    uint64_t handle = 0;
    expect(pwb_secret_put(bytes("secret"), 6, &handle, &error) == PWB_STATUS_OK && handle != 0, "a secret is stored");
    pwb_secret_drop(handle);
    pwb_secret_drop(handle);
    expect(pwb_secret_put(NULL, 1, &handle, &error) == PWB_STATUS_NULL_POINTER, "a NULL secret is refused");
    pwb_buffer_release(&error);
    uint64_t taken[300] = {0};
    size_t count = 0;
    while (count < 300 && pwb_secret_put(bytes("s"), 1, &taken[count], &error) == PWB_STATUS_OK) {
        count++;
    }
    expect(count == 256 && holds(&error, "\"retryable\":true"), "the 257th waiting secret is refused");
    pwb_buffer_release(&error);
    while (count) {
        pwb_secret_drop(taken[--count]);
    }
}

static void offers(void)
{
    const char *request = "{\"diagnostic\":\"pwb_test_all\",\"expects\":[\"records\"]}";
    const char *record =
        "{\"records\":[{\"kind\":\"operator-input\",\"target\":{\"kind\":\"server\",\"key\":\"server:s\",\"display\":\"s\",\"within\":[]},"
        "\"collectedAtUnixMs\":1795348800000,\"vantage\":\"syncServer\",\"state\":\"ok\",\"data\":{\"allowList\":[\"*.servicebus.windows.networks\"]}}]}";
    const char *end = "{\"end\":[\"records\"]}";
    PwbBuffer error = {0};
    uint64_t job = 0;
    expect(pwb_analyze(bytes(request), strlen(request), &job, &error) == PWB_STATUS_OK, "an analysis starts");
    expect(pwb_job_offer(job, bytes("{\"recards\":[]}"), 14, &error) == PWB_STATUS_UNKNOWN_FIELD && holds(&error, "recards"), "a bad offer names its field");
    pwb_buffer_release(&error);
    expect(pwb_job_offer(job, bytes(record), strlen(record), &error) == PWB_STATUS_OK, "a record is taken");
    expect(pwb_job_offer(job, bytes(end), strlen(end), &error) == PWB_STATUS_OK, "the end is taken");
    expect(run_to_end(job, "PW317@server:s"), "the record is judged");
    pwb_job_close(job);
    expect(pwb_job_poll(job, 0, &error) == PWB_STATUS_UNKNOWN_JOB, "poll after close");
    pwb_buffer_release(&error);
}

static void jobs(void)
{
    PwbBuffer error = {0};
    const char *request = "{\"selection\":{\"checks\":[\"PW317\"]},\"limits\":{\"globalTimeoutMs\":5000}}";
    uint64_t open[80] = {0};
    size_t count = 0;
    while (count < 80 && pwb_test_connectivity(bytes(request), strlen(request), &open[count], &error) == PWB_STATUS_OK) {
        count++;
    }
    expect(count == 64 && holds(&error, "\"retryable\":true"), "the 65th open job is refused");
    pwb_buffer_release(&error);
    expect(pwb_job_cancel(open[0], &error) == PWB_STATUS_OK && run_to_end(open[0], "\"report\""), "a cancelled job gives a report");
    while (count) {
        pwb_job_close(open[--count]);
    }
}

enum { MANY = 1000 };

/* One of two pollers of a job: how many records it was given. */
typedef struct Poller {
    uint64_t job;
    size_t records;
} Poller;

static void poll_all(void *context)
{
    Poller *poller = context;
    const char *piece = "\"kind\":\"evidence\"";
    size_t length = strlen(piece);
    for (;;) {
        PwbBuffer snapshot = {0};
        if (pwb_job_poll(poller->job, 100, &snapshot) != PWB_STATUS_OK) {
            pwb_buffer_release(&snapshot);
            return;
        }
        for (size_t i = 0; i + length <= snapshot.length; i++) {
            poller->records += memcmp(snapshot.data + i, piece, length) == 0;
        }
        int ended = !holds(&snapshot, "\"state\":\"running\"") && holds(&snapshot, "\"more\":false");
        pwb_buffer_release(&snapshot);
        if (ended) {
            return;
        }
    }
}

/* With two pollers each item goes to exactly one of them. */
static void two_pollers(void)
{
    const char *request = "{\"diagnostic\":\"pwb_test_all\",\"output\":{\"evidence\":true},\"expects\":[\"records\"]}";
    const char *end = "{\"end\":[\"records\"]}";
    PwbBuffer error = {0};
    Poller pollers[2] = {{0, 0}, {0, 0}};
    Thread threads[2];
    uint64_t job = 0;
    int taken = pwb_analyze(bytes(request), strlen(request), &job, &error) == PWB_STATUS_OK;
    for (int i = 0; i < 2; i++) {
        pollers[i].job = job;
        thread_start(&threads[i], poll_all, &pollers[i]);
    }
    for (int i = 0; i < MANY; i++) {
        char record[512];
        snprintf(record, sizeof record,
                 "{\"records\":[{\"kind\":\"operator-input\",\"target\":{\"kind\":\"server\",\"key\":\"server:s%d\",\"display\":\"s%d\",\"within\":[]},"
                 "\"collectedAtUnixMs\":1795348800000,\"vantage\":\"syncServer\",\"state\":\"ok\",\"data\":{\"allowList\":[\"*.servicebus.windows.networks\"]}}]}",
                 i, i);
        taken &= pwb_job_offer(job, bytes(record), strlen(record), &error) == PWB_STATUS_OK;
    }
    taken &= pwb_job_offer(job, bytes(end), strlen(end), &error) == PWB_STATUS_OK;
    expect(taken, "records are taken while two poll");
    for (int i = 0; i < 2; i++) {
        thread_join(&threads[i]);
    }
    char what[128];
    snprintf(what, sizeof what, "two pollers were given %u records of %d", (unsigned)(pollers[0].records + pollers[1].records), MANY);
    expect(pollers[0].records + pollers[1].records == MANY, what);
    pwb_job_close(job);
}

/* Closing wakes a poller that waits. */
static void close_wakes(void)
{
    const char *request = "{\"diagnostic\":\"pwb_test_all\",\"expects\":[\"records\"]}";
    PwbBuffer error = {0};
    Poller poller = {0, 0};
    Thread thread;
    expect(pwb_analyze(bytes(request), strlen(request), &poller.job, &error) == PWB_STATUS_OK, "a job waits for records");
    thread_start(&thread, poll_all, &poller);
    pwb_job_close(poller.job);
    thread_join(&thread);
    expect(1, "closing ends a poller of another thread");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    expect(pwb_abi_version() >> 16 == 1, "the ABI's major version is 1");
    PwbBuffer description = {0};
    expect(pwb_describe(&description) == PWB_STATUS_OK && holds(&description, "\"PW303\""), "the description lists the checks");
    pwb_buffer_release(&description);
    pwb_buffer_release(&description);
    pwb_buffer_release(NULL);
    bad_input();
    unknown_jobs();
    secrets();
    offers();
    jobs();
    two_pollers();
    close_wakes();
    return failures != 0;
}
