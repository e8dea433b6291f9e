using System.Collections.Immutable;
using Varve.Api.Identity;
using Varve.Api.Web;
using static Varve.Api.Rest.Access;

namespace Varve.Api.Rest;

/// <summary>The REST contract: everything that may be asked.</summary>
static class RestOperations
{
    // csharpier-ignore
    public static readonly ImmutableArray<RestOperation> All =
    [
        new("POST", "/user/signup", "username password [email phone]", "Makes a user and the home bucket.",
            Access.All, Body.Form, typeof(Envelope<string>), UserEndpoints.SignUp),
        new("POST", "/user/signin", "username password", "Gives a token for the other calls.",
            Access.All, Body.Form, typeof(Envelope<SignInData>), UserEndpoints.SignIn),
        new("POST", "/user/signout", "", "Ends the token that came with it.",
            User, Body.Form, typeof(Envelope<string>), UserEndpoints.SignOut),
        new("GET", "/user/info", "", "The caller's account.",
            User, Body.Form, typeof(Envelope<UserInfo>), UserEndpoints.Info),
        new("POST", "/user/erase", "password [name files]", "Forgets the caller, for ever; root, another. Files must "
            + "be deleted before, or files=keep.",
            User, Body.Form, typeof(Envelope<string>), UserEndpoints.Erase),
        new("POST", "/user/auditor", "name auditor", "Lets a user read the whole log by the EventStoreDB protocol, or "
            + "no longer; for root.",
            User, Body.Form, typeof(Envelope<string>), UserEndpoints.SetAuditor),
        new("GET", "/user/keys", "", "The caller's S3 access keys, without their secrets.",
            User, Body.Form, typeof(Envelope<IReadOnlyList<KeyInfo>>), UserEndpoints.ListKeys),
        new("POST", "/user/keys", "", "Makes an S3 key pair; its secret is shown this once.",
            User, Body.Form, typeof(Envelope<NewAccessKey>), UserEndpoints.CreateKey),
        new("POST", "/user/keys/revoke", "accesskey", "Ends an S3 access key at once.",
            User, Body.Form, typeof(Envelope<string>), UserEndpoints.RevokeKey),

        new("GET", "/file/upload", "", "The upload page.",
            Access.All, Body.Form, "text/html", WebPage.Index),
        new("POST", "/file/upload", "", "Stores each part named file of the form under its own name, or under the "
            + "one in a field filename before it. 302 to /file/upload/success, or for Accept: application/json the "
            + "FileMeta (an array, if there are several files).",
            Inside, Body.Files, typeof(FileMeta), FormUpload.Handle),
        new("GET", "/file/upload/success", "", "Where a form upload ends.",
            Access.All, Body.Form, "text/plain", WebPage.Success),
        new("GET", "/file/meta", "filehash [filename asof]", "What is known of a file.",
            User, Body.Form, typeof(FileMeta), FileEndpoints.Meta),
        new("GET", "/file/query", "[limit cursor prefix asof]", "The caller's files, by name; the header "
            + "x-varve-cursor is there if more follow.",
            User, Body.Form, typeof(IReadOnlyList<UserFile>), FileEndpoints.Query),
        new("GET, HEAD", "/file/download", "filehash [filename asof]", "The bytes, or a range of them.",
            User, Body.Form, "application/octet-stream", Download.Handle),
        new("POST", "/file/update", "op filehash filename [oldname]", "Renames a file.",
            User, Body.Form, typeof(FileMeta), FileEndpoints.Update),
        new("POST", "/file/delete", "filehash [filename]", "Deletes all names of a content, or the one given.",
            User, Body.Form, typeof(Envelope<string>), FileEndpoints.Delete),
        new("POST", "/file/restore", "[filehash filename version]", "Undeletes a file, by its content or its name, or "
            + "makes an older version current. 410 if its bytes are gone.",
            User, Body.Form, typeof(FileMeta), Restoring.Handle),
        new("GET", "/file/history", "[filehash filename limit cursor]", "Every event of a file, through its renames, "
            + "oldest first.",
            User, Body.Form, typeof(IReadOnlyList<FileEvent>), History.Handle),
        new("POST", "/file/fastupload", "filehash filename filesize [nonce proof]", "Instant upload. Code 0: done; 1: "
            + "prove that you hold the bytes, with the data's nonce and ranges; -1: upload it; -2: try again later.",
            User, Body.Form, typeof(Envelope<ProofChallenge>), FastUpload.Handle),

        new("POST", "/file/mpupload/init", "filehash filesize [filename]", "Begins an upload in chunks, or goes on "
            + "with an open one.",
            User, Body.Form, typeof(Envelope<UploadBegun>), MultipartUpload.Init),
        new("POST", "/file/mpupload/uppart", "uploadid index [chunkhash]", "Sends a chunk, in any order, at the same "
            + "time as others; again is fine.",
            User, Body.Chunk, typeof(Envelope<string>), MultipartUpload.UploadPart),
        new("POST", "/file/mpupload/complete", "uploadid filehash filesize filename", "Makes the chunks a file. Code "
            + "-2: chunks are missing.",
            User, Body.Form, typeof(Envelope<FileMeta>), MultipartUpload.Complete),
        new("POST", "/file/mpupload/cancel", "uploadid", "Gives an upload up.",
            User, Body.Form, typeof(Envelope<string>), MultipartUpload.Cancel),
        new("GET", "/file/mpupload/status", "uploadid", "How far an upload is.",
            User, Body.Form, typeof(Envelope<UploadState>), MultipartUpload.Status),
    ];
}
