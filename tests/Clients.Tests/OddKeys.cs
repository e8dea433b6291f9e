namespace Varve.Clients.Tests;

/// <summary>Keys that stores have stumbled over.</summary>
static class OddKeys
{
    static readonly string Long = string.Concat(Enumerable.Repeat("0123456789abcdef/", 60))[..1020] + "long";

    public static readonly TheoryData<string> All =
    [
        "two words",
        " blanks at both ends ",
        "plus+and+plus",
        "per%2Fcent",
        "per%cent%",
        "a//b",
        "a/../b",
        "./dot",
        "../../up",
        "/leading",
        "trailing/",
        "question?x=1&y=2#hash",
        "quotes'\"<>&;",
        "back\\slash",
        "~tilde*star(paren)!",
        "colon:semi;comma,at@dollar$equals=",
        "ü/ñ/é",
        "u\u0308 composed and ü",
        "雪/文件.txt",
        "emoji 😀 ☃",
        ".",
        "..",
        "%",
        "index.html",
        Long,
    ];
}
