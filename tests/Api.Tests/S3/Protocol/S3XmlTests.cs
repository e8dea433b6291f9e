using System.Buffers;
using System.Text;
using System.Xml.Linq;
using CsCheck;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class S3XmlTests
{
    static readonly string[] Tokens =
    [
        "<",
        ">",
        "/",
        "Delete",
        "Object",
        "Key",
        "&",
        ";",
        "#x0",
        "\"",
        "!",
        "[",
        "]",
        " ",
        "a",
    ];

    [Fact]
    public void A_page_is_written_as_S3_writes_it()
    {
        var output = new ArrayBufferWriter<byte>();
        var xml = new S3XmlWriter(output);
        xml.Begin("ListBucketResult"u8);
        xml.Element("Name"u8, "b");
        xml.ElementIfAny("Prefix"u8, null);
        xml.Element("MaxKeys"u8, 1000L);
        xml.Element("IsTruncated"u8, false);
        xml.Open("Contents"u8);
        xml.Element("Key"u8, "a<&>\"\r\u0001秒😀");
        xml.Element("LastModified"u8, new DateTimeOffset(2026, 1, 2, 5, 4, 5, 999, TimeSpan.FromHours(2)));
        xml.ETag("d41d8cd98f00b204e9800998ecf8427e-2");
        xml.Close("Contents"u8);
        xml.Close("ListBucketResult"u8);
        xml.Complete();
        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                + "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
                + "<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>"
                + "<Key>a&lt;&amp;&gt;&quot;&#xd;&#x1;秒😀</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
                + "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-2&quot;</ETag></Contents></ListBucketResult>",
            Encoding.UTF8.GetString(output.WrittenSpan)
        );
    }

    [Fact]
    public void Whatever_the_texts_a_parser_reads_what_was_written() =>
        Gen.OneOf(Gen.Char[' ', '\u03ff'], Gen.Const('\t'), Gen.Const('\r'), Gen.Const('\n'))
            .Array[0, 900]
            .Array[0, 20]
            .Sample(texts =>
            {
                var output = new ArrayBufferWriter<byte>();
                var xml = new S3XmlWriter(output);
                xml.Begin("R"u8);
                foreach (var text in texts)
                    xml.Element("T"u8, text);
                xml.Close("R"u8);
                xml.Complete();
                var read = XDocument.Parse(Encoding.UTF8.GetString(output.WrittenSpan), LoadOptions.PreserveWhitespace);
                return read.Root!.Elements().Select(e => e.Value).SequenceEqual(texts.Select(t => new string(t)));
            });

    [Fact]
    public void An_error_names_code_message_resource_and_request()
    {
        var output = new ArrayBufferWriter<byte>();
        S3ErrorDocument.Write(output, "NoSuchKey", "No such key.", "/b/a&b", "0123456789ABCDEF", "host", begun: false);
        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>No such key.</Message>"
                + "<Resource>/b/a&amp;b</Resource><RequestId>0123456789ABCDEF</RequestId><HostId>host</HostId></Error>",
            Encoding.UTF8.GetString(output.WrittenSpan)
        );
        Assert.Matches("^[0-9A-F]{16}\\z", RequestIds.Next());
    }

    [Theory]
    [InlineData("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")]
    [InlineData("<CompleteMultipartUpload>")]
    [InlineData("<?xml version=\"1.0\"?><!-- c --><CompleteMultipartUpload>")]
    public void A_complete_names_its_parts_with_or_without_quotes_and_namespace(string root)
    {
        var parts = S3Documents.CompleteMultipartUpload(
            Utf8(
                root
                    + "\n <Part><PartNumber> 2 </PartNumber><ETag>\"aa\"</ETag><ChecksumCRC32>AAAAAQ==</ChecksumCRC32></Part>"
                    + "<Part><ETag>bb</ETag><Unknown><Deep/></Unknown><PartNumber>1</PartNumber></Part>"
                    + "<Part><ETag>&quot;cc&quot;</ETag><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>"
            )
        );
        Assert.Equal([(2, "aa"), (1, "bb"), (3, "cc")], parts.Select(p => (p.Number, p.ETag)));
        Assert.Equal(ChecksumAlgorithm.Crc32, parts[0].Checksum!.Algorithm);
        Assert.Null(parts[1].Checksum);
    }

    [Fact]
    public void Ten_thousand_parts_with_checksums_can_be_completed_and_one_more_can_not()
    {
        var part =
            "<Part><ChecksumSHA256>FeKw08M4keHm0y9Rr9oXk6TcT6sUtIL8aEsYRNCOKtU=</ChecksumSHA256>"
            + "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><PartNumber>10000</PartNumber></Part>\n";
        var all = string.Concat(Enumerable.Repeat(part, 10_000));
        var body = Utf8($"<CompleteMultipartUpload>{all}</CompleteMultipartUpload>");
        Assert.InRange(body.Length, S3Documents.BytesMax, S3Documents.CompleteBytesMax);
        Assert.Equal(10_000, S3Documents.CompleteMultipartUpload(body).Count);
        body = Utf8($"<CompleteMultipartUpload>{all}{part}</CompleteMultipartUpload>");
        Refused.With(ErrorCode.MalformedXml, () => S3Documents.CompleteMultipartUpload(body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no xml")]
    [InlineData("<CompleteMultipartUpload/>")]
    [InlineData("<CompleteMultipartUpload></CompleteMultipartUpload>")]
    [InlineData("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>")]
    [InlineData("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>")]
    [InlineData("<CompleteMultipartUpload><Part><ETag>a</ETag></Part></CompleteMultipartUpload>")]
    [InlineData(
        "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>"
    )]
    [InlineData("<Delete><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part></Delete>")]
    [InlineData(
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><CompleteMultipartUpload>&b;</CompleteMultipartUpload>"
    )]
    [InlineData("<CompleteMultipartUpload>&b;</CompleteMultipartUpload>")]
    public void What_is_no_complete_is_MalformedXml(string text) =>
        Refused.With(ErrorCode.MalformedXml, () => S3Documents.CompleteMultipartUpload(Utf8(text)));

    [Fact]
    public void A_delete_names_keys_with_whatever_characters_they_have()
    {
        var read = S3Documents.Delete(
            Utf8(
                "<Delete><Quiet>true</Quiet><Object><Key> </Key></Object><Object><Key>a&amp;&#x1;&#13;b</Key>"
                    + "<VersionId>v1</VersionId><ETag>\"e\"</ETag></Object></Delete>"
            )
        );
        Assert.True(read.Quiet);
        Assert.Equal([new(" ", null, null), new("a&\u0001\rb", "v1", "e")], read.Keys);
    }

    [Fact]
    public void A_delete_names_1_to_1000_keys()
    {
        static ReadOnlyMemory<byte> Of(int count) =>
            Utf8($"<Delete>{string.Concat(Enumerable.Repeat("<Object><Key>k</Key></Object>", count))}</Delete>");
        Assert.Equal(1000, S3Documents.Delete(Of(1000)).Keys.Count);
        Assert.False(S3Documents.Delete(Of(1)).Quiet);
        Refused.With(ErrorCode.MalformedXml, () => S3Documents.Delete(Of(1001)));
        Refused.With(ErrorCode.MalformedXml, () => S3Documents.Delete(Of(0)));
        Refused.With(ErrorCode.MalformedXml, () => S3Documents.Delete(Utf8("<Delete><Object/></Delete>")));
    }

    [Fact]
    public void A_bucket_may_name_its_place()
    {
        Assert.Null(S3Documents.CreateBucketConfiguration(default));
        Assert.Null(S3Documents.CreateBucketConfiguration(Utf8("<CreateBucketConfiguration/>")));
        Assert.Equal(
            "eu-west-1",
            S3Documents.CreateBucketConfiguration(
                Utf8(
                    "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                        + "<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
                )
            )
        );
    }

    [Theory]
    [InlineData("<a>", 1000)]
    [InlineData("<a/>", 200_000)]
    [InlineData("<![CDATA[x]]>", 80_000)]
    [InlineData("x<!---->", 100_000)]
    public void Hostile_documents_are_refused_cheaply(string piece, int times) =>
        Refused.With(
            ErrorCode.MalformedXml,
            () => S3Documents.Delete(Utf8($"<Delete>{string.Concat(Enumerable.Repeat(piece, times))}</Delete>"))
        );

    [Fact]
    public void Whatever_the_document_it_is_read_or_refused() =>
        Gen.OneOf(
                Gen.Byte.Array[0, 200],
                Gen.Int[0, 14]
                    .Array[0, 60]
                    .Select(t => Encoding.UTF8.GetBytes("<Delete>" + string.Concat(t.Select(i => Tokens[i]))))
            )
            .Sample(bytes => Refused.OrAnswered(() => S3Documents.Delete(bytes)));

    [Fact]
    public async Task A_body_larger_than_allowed_is_MaxMessageLengthExceeded()
    {
        using var body = new PlainBody(new DrippingPipe([new byte[600], new byte[600]]), 1200);
        await Refused.With(
            ErrorCode.MaxMessageLengthExceeded,
            async () => await S3Documents.ReadWhole(body, 1000, TestContext.Current.CancellationToken)
        );
        using var fits = new PlainBody(new DrippingPipe([new byte[600], new byte[400]]), 1000);
        Assert.Equal(1000, (await S3Documents.ReadWhole(fits, 1000, TestContext.Current.CancellationToken)).Length);
    }

    static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
