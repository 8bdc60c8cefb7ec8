/* Two threads on every platform, no more than the program needs. */

#ifdef _WIN32
#include <windows.h>

typedef struct Thread {
    void (*work)(void *);
    void *context;
    HANDLE handle;
} Thread;

static DWORD WINAPI thread_main(void *thread)
{
    ((Thread *)thread)->work(((Thread *)thread)->context);
    return 0;
}

static void thread_start(Thread *thread, void (*work)(void *), void *context)
{
    thread->work = work;
    thread->context = context;
    thread->handle = CreateThread(NULL, 0, thread_main, thread, 0, NULL);
}

static void thread_join(Thread *thread)
{
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
}

#else
#include <pthread.h>

typedef struct Thread {
    void (*work)(void *);
    void *context;
    pthread_t handle;
} Thread;

static void *thread_main(void *thread)
{
    ((Thread *)thread)->work(((Thread *)thread)->context);
    return NULL;
}

static void thread_start(Thread *thread, void (*work)(void *), void *context)
{
    thread->work = work;
    thread->context = context;
    pthread_create(&thread->handle, NULL, thread_main, thread);
}

static void thread_join(Thread *thread)
{
    pthread_join(thread->handle, NULL);
}
#endif
