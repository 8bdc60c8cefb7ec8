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
                throw new MissingMethodException("it has no export '" + export + "'");
            }
            // The generic overload is younger than .NET Framework 4.5.
            return (T)(object)Marshal.GetDelegateForFunctionPointer(address, typeof(T));
        }

        public NativeAnswer Describe()
        {
            return WithBuffer(delegate(IntPtr buffer) { return describe(buffer); });
        }

        /// <summary>Starts a diagnostic by the name of its export; Number is the id of its job.</summary>
        public NativeAnswer Start(string export, string request)
        {
            return WithNumber(Bind<BytesCall>(export), Encoding.UTF8.GetBytes(request));
        }

        /// <summary>Hands a secret over; Number is its handle. Every copy made here is overwritten.</summary>
        public NativeAnswer PutSecret(SecureString secret)
        {
            char[] characters = new char[secret.Length];
            byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(characters.Length)];
            // Pinned, so that the garbage collector does not leave copies behind when it moves them.
            GCHandle pinCharacters = GCHandle.Alloc(characters, GCHandleType.Pinned);
            GCHandle pinBytes = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            IntPtr text = IntPtr.Zero;
            try
            {
                text = Marshal.SecureStringToGlobalAllocUnicode(secret);
                Marshal.Copy(text, characters, 0, characters.Length);
                int length = Encoding.UTF8.GetBytes(characters, 0, characters.Length, bytes, 0);
                return WithNumber(secretPut, pinBytes.AddrOfPinnedObject(), length);
            }
            finally
            {
                Array.Clear(characters, 0, characters.Length);
                Array.Clear(bytes, 0, bytes.Length);
                pinCharacters.Free();
                pinBytes.Free();
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
                IntPtr address = pin.AddrOfPinnedObject();
                return WithBuffer(delegate(IntPtr error) { return offer(job, address, Size(bytes.Length), error); });
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

        private static UIntPtr Size(int length)
        {
            return new UIntPtr((uint)length);
        }

        private NativeAnswer WithNumber(BytesCall call, byte[] bytes)
        {
            GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            try { return WithNumber(call, pin.AddrOfPinnedObject(), bytes.Length); }
            finally { pin.Free(); }
        }

        private NativeAnswer WithNumber(BytesCall call, IntPtr bytes, int length)
        {
            IntPtr number = Marshal.AllocHGlobal(8);
            try
            {
                Marshal.WriteInt64(number, 0);
                NativeAnswer answer = WithBuffer(delegate(IntPtr error) { return call(bytes, Size(length), number, error); });
                answer.Number = unchecked((ulong)Marshal.ReadInt64(number));
                return answer;
            }
            finally
            {
                Marshal.FreeHGlobal(number);
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
                if (data != IntPtr.Zero)
                {
                    byte[] bytes = new byte[Marshal.ReadIntPtr(buffer, IntPtr.Size).ToInt64()];
                    Marshal.Copy(data, bytes, 0, bytes.Length);
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
        // Only the library's own folder and System32 are searched for what it needs: LOAD_LIBRARY_SEARCH_*.
        private const uint OwnFolderAndSystem32 = 0x100 | 0x800;
        private const int BindNow = 2;

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr LoadLibraryExW(string path, IntPtr reserved, uint flags);

        [DllImport("kernel32.dll", CharSet = CharSet.Ansi, ExactSpelling = true)]
        private static extern IntPtr GetProcAddress(IntPtr module, string name);

        // glibc keeps the name libdl.so.2 after it moved into libc; macOS and musl have it in libc only.
        [DllImport("libdl.so.2", EntryPoint = "dlopen")] private static extern IntPtr DlOpen(IntPtr path, int flags);
        [DllImport("libdl.so.2", EntryPoint = "dlsym")] private static extern IntPtr DlSym(IntPtr module, string name);
        [DllImport("libdl.so.2", EntryPoint = "dlerror")] private static extern IntPtr DlError();
        [DllImport("libc", EntryPoint = "dlopen")] private static extern IntPtr CDlOpen(IntPtr path, int flags);
        [DllImport("libc", EntryPoint = "dlsym")] private static extern IntPtr CDlSym(IntPtr module, string name);
        [DllImport("libc", EntryPoint = "dlerror")] private static extern IntPtr CDlError();

        private static bool OnWindows { get { return Path.DirectorySeparatorChar == '\\'; } }

        /// <summary>The reason in a DllNotFoundException: the loader's words, or "Windows error N".</summary>
        internal static IntPtr Load(string path)
        {
            IntPtr module;
            string reason = null;
            if (OnWindows)
            {
                module = LoadLibraryExW(path, IntPtr.Zero, OwnFolderAndSystem32);
                if (module == IntPtr.Zero) { reason = "Windows error " + Marshal.GetLastWin32Error(); }
            }
            else
            {
                // File names are bytes; the marshaller's idea of a string differs between runtimes.
                byte[] name = Encoding.UTF8.GetBytes(path + "\0");
                GCHandle pin = GCHandle.Alloc(name, GCHandleType.Pinned);
                IntPtr said = IntPtr.Zero;
                try
                {
                    try
                    {
                        module = DlOpen(pin.AddrOfPinnedObject(), BindNow);
                        if (module == IntPtr.Zero) { said = DlError(); }
                    }
                    catch (DllNotFoundException)
                    {
                        module = CDlOpen(pin.AddrOfPinnedObject(), BindNow);
                        if (module == IntPtr.Zero) { said = CDlError(); }
                    }
                }
                finally { pin.Free(); }
                if (module == IntPtr.Zero) { reason = Marshal.PtrToStringAnsi(said) ?? "no reason given"; }
            }
            if (module == IntPtr.Zero) { throw new DllNotFoundException(reason); }
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
