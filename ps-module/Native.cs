// The managed side of the C boundary (include/password_writeback.h): loads the library by absolute path
// and moves bytes. C# 5 and mscorlib only, so that one assembly serves .NET Framework and .NET.

using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace PasswordWriteback
{
    /// <summary>What a call returned: the status, and the JSON or the number that came with it.</summary>
    public sealed class NativeAnswer
    {
        public uint Status;
        public ulong Number;
        public string Text;
    }

    /// <summary>One loaded library. It stays loaded until the process ends.</summary>
    public sealed class NativeLibrary
    {
        private const CallingConvention C = CallingConvention.Cdecl;

        [UnmanagedFunctionPointer(C)] private delegate uint VersionCall();
        [UnmanagedFunctionPointer(C)] private delegate uint BufferCall(IntPtr buffer);
        [UnmanagedFunctionPointer(C)] private delegate void ReleaseCall(IntPtr buffer);
        [UnmanagedFunctionPointer(C)] private delegate uint BytesCall(IntPtr bytes, UIntPtr length, IntPtr number, IntPtr error);
        [UnmanagedFunctionPointer(C)] private delegate uint OfferCall(ulong job, IntPtr bytes, UIntPtr length, IntPtr error);
        [UnmanagedFunctionPointer(C)] private delegate uint PollCall(ulong job, uint waitMs, IntPtr snapshot);
        [UnmanagedFunctionPointer(C)] private delegate uint JobCall(ulong job, IntPtr error);
        [UnmanagedFunctionPointer(C)] private delegate void NumberCall(ulong number);

        private readonly IntPtr module;
        private readonly BufferCall describe;
        private readonly BytesCall secretPut;
        private readonly NumberCall secretDrop;
        private readonly OfferCall offer;
        private readonly PollCall poll;
        private readonly JobCall cancel;
        private readonly NumberCall close;
        private readonly ReleaseCall release;

        /// <summary>major &lt;&lt; 16 | minor</summary>
        public readonly uint AbiVersion;

        public NativeLibrary(string path)
        {
            module = NativeLoader.Load(path);
            AbiVersion = Bind<VersionCall>("pwb_abi_version")();
            describe = Bind<BufferCall>("pwb_describe");
            secretPut = Bind<BytesCall>("pwb_secret_put");
            secretDrop = Bind<NumberCall>("pwb_secret_drop");
            offer = Bind<OfferCall>("pwb_job_offer");
            poll = Bind<PollCall>("pwb_job_poll");
            cancel = Bind<JobCall>("pwb_job_cancel");
            close = Bind<NumberCall>("pwb_job_close");
            release = Bind<ReleaseCall>("pwb_buffer_release");
        }

        private T Bind<T>(string export) where T : class
        {
            IntPtr address = NativeLoader.Find(module, export);
            if (address == IntPtr.Zero)
            {
                throw new MissingMethodException("The library has no export '" + export + "'.");
            }
            return (T)(object)Marshal.GetDelegateForFunctionPointer(address, typeof(T));
        }

        public NativeAnswer Describe()
        {
            return WithBuffer(delegate(IntPtr buffer) { return describe(buffer); });
        }

        /// <summary>Starts a diagnostic; Number is the id of its job.</summary>
        public NativeAnswer Start(string export, string request)
        {
            BytesCall call = Bind<BytesCall>(export);
            return WithBytes(Encoding.UTF8.GetBytes(request), call);
        }

        /// <summary>Hands a secret over; Number is its handle. Every copy made here is overwritten.</summary>
        public NativeAnswer PutSecret(SecureString secret)
        {
            IntPtr text = IntPtr.Zero;
            char[] characters = new char[secret.Length];
            byte[] bytes = new byte[0];
            try
            {
                text = Marshal.SecureStringToGlobalAllocUnicode(secret);
                Marshal.Copy(text, characters, 0, characters.Length);
                bytes = Encoding.UTF8.GetBytes(characters);
                return WithBytes(bytes, secretPut);
            }
            finally
            {
                Array.Clear(characters, 0, characters.Length);
                Array.Clear(bytes, 0, bytes.Length);
                if (text != IntPtr.Zero) { Marshal.ZeroFreeGlobalAllocUnicode(text); }
            }
        }

        public void DropSecret(ulong handle)
        {
            secretDrop(handle);
        }

        public NativeAnswer Offer(ulong job, string json)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(json);
            GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            try
            {
                return WithBuffer(delegate(IntPtr error)
                {
                    return offer(job, pin.AddrOfPinnedObject(), new UIntPtr((uint)bytes.Length), error);
                });
            }
            finally
            {
                pin.Free();
            }
        }

        public NativeAnswer Poll(ulong job, uint waitMs)
        {
            return WithBuffer(delegate(IntPtr snapshot) { return poll(job, waitMs, snapshot); });
        }

        public NativeAnswer Cancel(ulong job)
        {
            return WithBuffer(delegate(IntPtr error) { return cancel(job, error); });
        }

        public void Close(ulong job)
        {
            close(job);
        }

        private NativeAnswer WithBytes(byte[] bytes, BytesCall call)
        {
            // An empty array has no address; the length says that nothing is there.
            GCHandle pin = GCHandle.Alloc(bytes.Length == 0 ? new byte[1] : bytes, GCHandleType.Pinned);
            IntPtr number = Marshal.AllocHGlobal(8);
            Marshal.WriteInt64(number, 0);
            try
            {
                NativeAnswer answer = WithBuffer(delegate(IntPtr error)
                {
                    return call(pin.AddrOfPinnedObject(), new UIntPtr((uint)bytes.Length), number, error);
                });
                answer.Number = unchecked((ulong)Marshal.ReadInt64(number));
                return answer;
            }
            finally
            {
                Marshal.FreeHGlobal(number);
                pin.Free();
            }
        }

        // PwbBuffer is three pointer-sized fields: data, length, capacity.
        private NativeAnswer WithBuffer(Func<IntPtr, uint> call)
        {
            IntPtr buffer = Marshal.AllocHGlobal(3 * IntPtr.Size);
            for (int field = 0; field < 3; field++)
            {
                Marshal.WriteIntPtr(buffer, field * IntPtr.Size, IntPtr.Zero);
            }
            try
            {
                NativeAnswer answer = new NativeAnswer();
                answer.Status = call(buffer);
                IntPtr data = Marshal.ReadIntPtr(buffer);
                int length = (int)Marshal.ReadIntPtr(buffer, IntPtr.Size).ToInt64();
                if (data != IntPtr.Zero)
                {
                    byte[] bytes = new byte[length];
                    Marshal.Copy(data, bytes, 0, length);
                    answer.Text = Encoding.UTF8.GetString(bytes);
                }
                return answer;
            }
            finally
            {
                release(buffer);
                Marshal.FreeHGlobal(buffer);
            }
        }
    }

    /// <summary>The operating system's loader.</summary>
    internal static class NativeLoader
    {
        private const uint LoadWithAlteredSearchPath = 8;
        private const int BindNow = 2;

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr LoadLibraryExW(string path, IntPtr reserved, uint flags);

        [DllImport("kernel32.dll", CharSet = CharSet.Ansi, ExactSpelling = true)]
        private static extern IntPtr GetProcAddress(IntPtr module, string name);

        // libdl is a library of its own before glibc 2.34, part of libc elsewhere.
        [DllImport("libdl.so.2", EntryPoint = "dlopen")] private static extern IntPtr DlOpen(string path, int flags);
        [DllImport("libdl.so.2", EntryPoint = "dlsym")] private static extern IntPtr DlSym(IntPtr module, string name);
        [DllImport("libc", EntryPoint = "dlopen")] private static extern IntPtr CDlOpen(string path, int flags);
        [DllImport("libc", EntryPoint = "dlsym")] private static extern IntPtr CDlSym(IntPtr module, string name);

        private static bool OnWindows { get { return Path.DirectorySeparatorChar == '\\'; } }

        internal static IntPtr Load(string path)
        {
            IntPtr module;
            if (OnWindows)
            {
                module = LoadLibraryExW(path, IntPtr.Zero, LoadWithAlteredSearchPath);
                if (module == IntPtr.Zero)
                {
                    throw new DllNotFoundException("Windows error " + Marshal.GetLastWin32Error() + " while loading '" + path + "'.");
                }
                return module;
            }
            try { module = DlOpen(path, BindNow); }
            catch (DllNotFoundException) { module = CDlOpen(path, BindNow); }
            if (module == IntPtr.Zero)
            {
                throw new DllNotFoundException("'" + path + "' cannot be loaded; 'ldd' names a library that it misses.");
            }
            return module;
        }

        internal static IntPtr Find(IntPtr module, string name)
        {
            if (OnWindows) { return GetProcAddress(module, name); }
            try { return DlSym(module, name); }
            catch (DllNotFoundException) { return CDlSym(module, name); }
        }
    }
}
