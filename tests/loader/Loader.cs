// Runs the module's loader (Native.dll) against the real library under mono, a runtime with .NET Framework's
// rules: call, poll, error, secret, close. Prints a line 'ok - ...' or 'not ok - ...' for each.

using System;
using System.Diagnostics;
using System.IO;
using System.Security;
using PasswordWriteback;

internal static class Loader
{
    private static int failed;

    private static void Check(bool holds, string what, string seen)
    {
        Console.WriteLine((holds ? "ok - " : "not ok - ") + what + (holds ? "" : ": " + seen));
        if (!holds) { failed++; }
    }

    // Polls a job to its end and returns all it said.
    private static string Drain(NativeLibrary library, ulong job)
    {
        string all = "";
        Stopwatch patience = Stopwatch.StartNew();
        while (patience.ElapsedMilliseconds < 20000)
        {
            NativeAnswer page = library.Poll(job, 100);
            if (page.Status != 0) { return all + page.Text; }
            all += page.Text;
            if (page.Text.Contains("\"state\":\"done\"") || page.Text.Contains("\"state\":\"cancelled\"") || page.Text.Contains("\"state\":\"failed\"")) { return all; }
        }
        return all + " (no end within 20 s)";
    }

    private static int Main(string[] arguments)
    {
        NativeLibrary library = new NativeLibrary(arguments[0]);
        Check(library.AbiVersion >> 16 == 1, "the library answers its version", library.AbiVersion.ToString());

        NativeAnswer answer = library.Describe();
        Check(answer.Status == 0 && answer.Text.Contains("\"PW303\""), "a description names the checks", answer.Text);

        answer = library.Start("pwb_test_connectivity", "{\"output\":{\"planOnly\":true}}");
        Check(answer.Status == 0 && answer.Number != 0, "a job starts", answer.Text);
        ulong job = answer.Number;
        Check(library.Offer(job, "{\"end\":[\"dns\"]}").Status == 203, "what is not expected is refused", "");
        string said = Drain(library, job);
        Check(said.Contains("\"kind\":\"plan\"") && said.Contains("\"state\":\"done\""), "a job is polled to its end", said);
        library.Close(job);
        library.Close(job);
        answer = library.Poll(job, 0);
        Check(answer.Status == 201 && answer.Text.Contains("unknownJob"), "a closed job is unknown, closing twice is harmless", answer.Text);

        answer = library.Start("pwb_test_all", "{\"selection\":{\"chekcs\":[]}}");
        Check(answer.Status == 105 && answer.Text.Contains("selection.chekcs"), "an unknown field is named", answer.Text);
        answer = library.Start("pwb_test_all", "");
        Check(answer.Status != 0 && answer.Text.Contains("\"code\""), "an empty request is refused", answer.Text);
        answer = library.Start("pwb_test_all", "{\"knowledgePath\":\"/\u00e4\u20ac\ud83d\ude00\"}");
        Check(answer.Status != 0 && answer.Text.Contains("\u00e4\u20ac\ud83d\ude00"), "text crosses as UTF-8 both ways", answer.Text);

        SecureString secret = new SecureString();
        foreach (char c in "p\u00e4ss") { secret.AppendChar(c); }
        answer = library.PutSecret(secret);
        Check(answer.Status == 0 && answer.Number != 0, "a secret gets a handle", answer.Text);
        library.DropSecret(answer.Number);
        answer = library.Start("pwb_test_directory", "{\"directory\":{\"user\":\"u\",\"secret\":" + answer.Number + "}}");
        Check(answer.Status == 109, "a dropped secret is gone", answer.Text);

        answer = library.Start("pwb_analyze", "{\"diagnostic\":\"pwb_test_all\",\"expects\":[\"records\"]}");
        job = answer.Number;
        Check(library.Offer(job, "{\"records\":[]}").Status == 0, "records are offered", "");
        Check(library.Cancel(job).Status == 0, "a job is cancelled", "");
        said = Drain(library, job);
        Check(said.Contains("\"state\":"), "a cancelled job ends", said);
        library.Close(job);

        try
        {
            library.Start("pwb_no_such_thing", "{}");
            Check(false, "a missing export is an exception", "none");
        }
        catch (MissingMethodException e) { Check(e.Message.Contains("pwb_no_such_thing"), "a missing export is an exception", e.Message); }
        try
        {
            new NativeLibrary(Path.Combine(Path.GetTempPath(), "no-such-library.so"));
            Check(false, "a missing library is an exception", "none");
        }
        catch (DllNotFoundException e) { Check(e.Message.Contains("no-such-library"), "a missing library is an exception with the loader's words", e.Message); }
        return failed == 0 ? 0 : 1;
    }
}
