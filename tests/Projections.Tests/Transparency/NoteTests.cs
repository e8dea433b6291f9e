using System.Text;
using Varve.EventStores;
using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

public sealed class NoteTests
{
    const string PublicKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const string PrivateKey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const string Text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const string Note =
        Text
        + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    /// <summary>The example of the format's first implementation, golang.org/x/mod/sumdb/note.</summary>
    [Fact]
    public void A_note_is_signed_as_others_sign_it()
    {
        var signer = NoteSigner.Parse(PrivateKey);
        Assert.Equal(PrivateKey, signer.Secret());
        Assert.Equal(PublicKey, $"{signer}");
        Assert.Equal(Note, $"{SignedNote.Sign(Text, signer)}");
        Assert.True(SignedNote.Parse(Note).IsSignedBy(NoteVerifier.Parse(PublicKey)));
    }

    [Fact]
    public void A_changed_note_is_signed_by_nobody()
    {
        var key = NoteVerifier.Parse(PublicKey);
        var changed = Note.Replace("know", "knew", StringComparison.Ordinal);
        Assert.False(SignedNote.Parse(changed).IsSignedBy(key));
        Assert.False(SignedNote.Parse(Note).IsSignedBy(NoteSigner.Generate("PeterNeumann").Verifier));
    }

    [Fact]
    public void Signatures_of_others_do_not_matter()
    {
        var others = string.Concat(
            Enumerable.Range(0, 16).Select(i => $"— witness.example/{i} {Convert.ToBase64String(new byte[80])}\n")
        );
        Assert.True(SignedNote.Parse(Note + others).IsSignedBy(NoteVerifier.Parse(PublicKey)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— a AAAAAAE=")]
    [InlineData("text\n\n- a AAAAAAE=\n")]
    [InlineData("text\n\n— a AAAAAA==\n")]
    [InlineData("text\n\n— a+b AAAAAAE=\n")]
    [InlineData("text\n\n— a AAAAAAF=\n")]
    [InlineData("te\txt\n\n— a AAAAAAE=\n")]
    public void What_is_no_note_is_refused(string text) => Assert.Throws<FormatException>(() => SignedNote.Parse(text));

    [Theory]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+AhpcAQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3")]
    [InlineData("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void What_is_no_key_is_refused(string text) =>
        Assert.Throws<FormatException>(() => NoteVerifier.Parse(text));

    [Theory]
    [InlineData("o\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", true)]
    [InlineData("o\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n", true)]
    [InlineData("o\n07\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", false)]
    [InlineData("o\n-7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", false)]
    [InlineData("o\n7\nCsUYapGGPo4d\n", false)]
    [InlineData("\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", false)]
    [InlineData("o\n7\n", false)]
    public void A_checkpoint_is_three_lines_and_perhaps_more(string text, bool good) =>
        Assert.Equal(good, Record.Exception(() => Checkpoint.Parse(text)) is null);

    [Fact]
    public void Proofs_are_read_as_they_are_written()
    {
        byte[][] path = [MerkleHash.Empty, MerkleHash.Leaf([])];
        var inclusion = new TlogProof([1, 2, 3], 7, path, Note);
        Assert.Equal($"{inclusion}", $"{TlogProof.Parse($"{inclusion}")}");
        var bare = new TlogProof(null, 0, [], Note);
        Assert.Equal($"{TlogProof.FirstLine}\nindex 0\n\n{Note}", $"{bare}");
        Assert.Equal($"{bare}", $"{TlogProof.Parse($"{bare}")}");
        var growth = new ConsistencyProof(6, path, Note);
        Assert.Equal($"{growth}", $"{ConsistencyProof.Parse($"{growth}")}");
    }

    [Fact]
    public void Every_kind_of_stream_is_in_the_tree() =>
        Assert.Empty(Domain.Aggregates.All.Select(kind => kind.Prefix).Except(EventEntry.StreamPrefixes));

    /// <summary>Never to be edited: entries that were signed are made the same for ever.</summary>
    [Fact]
    public void An_event_has_the_entry_that_it_always_had()
    {
        var recorded = new RecordedEvent(
            "object-photos/cat.jpg",
            3,
            new(42),
            new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            "ObjectPut",
            Samples.Noon,
            "{\"a\":1}"u8.ToArray(),
            "{}"u8.ToArray()
        );
        Assert.Equal(
            "varve-event/v1\n42\nLCOACPlPnSP5iWXj+jbyhzVOohoFB9GJw7yLWaKClWM=\n",
            Encoding.UTF8.GetString(EventEntry.Of(recorded))
        );
        foreach (
            var other in (RecordedEvent[])
                [
                    recorded with
                    {
                        Stream = "object-photos/cat.jpgO",
                        Type = "bjectPut",
                    },
                    recorded with
                    {
                        Revision = 4,
                    },
                    recorded with
                    {
                        Position = new(43),
                    },
                    recorded with
                    {
                        Id = new Guid("00112233-4455-6677-8899-aabbccddeefe"),
                    },
                    recorded with
                    {
                        Created = Samples.Noon.AddTicks(1),
                    },
                    recorded with
                    {
                        Data = "{\"a\":1}{"u8.ToArray(),
                        Metadata = "}"u8.ToArray(),
                    },
                ]
        )
            Assert.NotEqual(EventEntry.Of(recorded), EventEntry.Of(other));
    }
}
