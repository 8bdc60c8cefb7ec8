/* PasswordWriteback: why does password writeback not work, and what has to change?
 *
 * Generated from src/ffi; do not edit. Rules of the boundary: src/ffi/mod.rs. */

#ifndef PASSWORD_WRITEBACK_H
#define PASSWORD_WRITEBACK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Outcome of a call. Numbers are never reused; a retired one stays here as a comment.
//
// 1xx: the input, 2xx: the job, 3xx: the library or the machine.
enum PwbStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  PWB_STATUS_OK = 0,
  // A pointer is NULL where bytes or a result belong.
  PWB_STATUS_NULL_POINTER = 101,
  // Longer than 16 MiB.
  PWB_STATUS_TOO_LARGE = 102,
  PWB_STATUS_INVALID_UTF8 = 103,
  PWB_STATUS_MALFORMED_JSON = 104,
  PWB_STATUS_UNKNOWN_FIELD = 105,
  PWB_STATUS_MISSING_FIELD = 106,
  // A field has the wrong type.
  PWB_STATUS_INVALID_FIELD = 107,
  // A field has the right type, but not a permitted value.
  PWB_STATUS_OUT_OF_RANGE = 108,
  // The handle names no waiting secret.
  PWB_STATUS_UNKNOWN_SECRET = 109,
  // No job has this id: never started, or closed.
  PWB_STATUS_UNKNOWN_JOB = 201,
  // 64 jobs are open already, or 256 secrets wait.
  PWB_STATUS_TOO_MANY = 202,
  // The job does not expect what was offered, or it has ended.
  PWB_STATUS_NOT_EXPECTED = 203,
  // A panic was caught; the error names an incident id.
  PWB_STATUS_INTERNAL = 301,
  // A file could not be read or written.
  PWB_STATUS_IO = 302,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum PwbStatus PwbStatus;
#else
typedef uint32_t PwbStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Bytes owned by the library until `pwb_buffer_release`.
typedef struct PwbBuffer {
  uint8_t *data;
  size_t length;
  size_t capacity;
} PwbBuffer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The library's ABI: major << 16 | minor. Accept an equal major and at least your minor.
uint32_t pwb_abi_version(void);

// Writes what this build can do as JSON: diagnostics, checks, tables, versions.
//
// # Safety
// `description` is NULL or points to writable memory for a `PwbBuffer`.
PwbStatus pwb_describe(struct PwbBuffer *description);

// Stores a password or token (UTF-8) and writes its handle, for one request to name. Overwrite your
// copy afterwards.
//
// # Safety
// `bytes` is readable for `length` bytes, `handle` writable, `error` NULL or writable.
PwbStatus pwb_secret_put(const uint8_t *bytes,
                         size_t length,
                         uint64_t *handle,
                         struct PwbBuffer *error);

// Wipes a secret that no request took. Unknown handles are harmless.
void pwb_secret_drop(uint64_t handle);

// Everything that can be examined from here: one report.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_test_all(const uint8_t *request,
                       size_t length,
                       uint64_t *job,
                       struct PwbBuffer *error);

// The path to the cloud.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_test_connectivity(const uint8_t *request,
                                size_t length,
                                uint64_t *job,
                                struct PwbBuffer *error);

// Domain controllers and password policy.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_test_directory(const uint8_t *request,
                             size_t length,
                             uint64_t *job,
                             struct PwbBuffer *error);

// Rights of the connector account.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_test_permission(const uint8_t *request,
                              size_t length,
                              uint64_t *job,
                              struct PwbBuffer *error);

// Named users: can each be written back, and if not, why.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_test_user(const uint8_t *request,
                        size_t length,
                        uint64_t *job,
                        struct PwbBuffer *error);

// Judges recorded evidence; touches nothing but the files.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_analyze(const uint8_t *request,
                      size_t length,
                      uint64_t *job,
                      struct PwbBuffer *error);

// Writes a bundle of evidence.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_export_evidence(const uint8_t *request,
                              size_t length,
                              uint64_t *job,
                              struct PwbBuffer *error);

// Validates a bundle and returns its manifest.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_import_evidence(const uint8_t *request,
                              size_t length,
                              uint64_t *job,
                              struct PwbBuffer *error);

// A report as text.
//
// # Safety
// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
PwbStatus pwb_render(const uint8_t *request,
                     size_t length,
                     uint64_t *job,
                     struct PwbBuffer *error);

// Gives a running job more input: `{"records":[...],"end":["adsync-config"]}`.
//
// # Safety
// `bytes` is readable for `length` bytes, `error` NULL or writable.
PwbStatus pwb_job_offer(uint64_t job, const uint8_t *bytes, size_t length, struct PwbBuffer *error);

// Waits at most `wait_ms` (capped at 1 000) for something new and writes a snapshot.
//
// # Safety
// `snapshot` points to writable memory for a `PwbBuffer`.
PwbStatus pwb_job_poll(uint64_t job, uint32_t wait_ms, struct PwbBuffer *snapshot);

// Ends the work of a job at once. What is finished stays and is delivered, with a report.
//
// # Safety
// `error` is NULL or writable.
PwbStatus pwb_job_cancel(uint64_t job, struct PwbBuffer *error);

// Cancels a job if it runs, wakes its pollers and forgets it. Unknown ids are harmless. Never waits.
void pwb_job_close(uint64_t job);

// Zeroes and frees a buffer. NULL and a second release are harmless.
//
// # Safety
// `buffer` is NULL or points to a `PwbBuffer` that this library filled.
void pwb_buffer_release(struct PwbBuffer *buffer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PASSWORD_WRITEBACK_H */
