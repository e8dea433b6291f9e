using System.Xml;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>An element of a request's XML: names without namespaces, text as it stands.</summary>
sealed class XmlPart(string name)
{
    static readonly List<XmlPart> None = [];

    List<XmlPart>? children;

    public string Name => name;

    /// <summary>Of the element itself, not of those within it.</summary>
    public string Text { get; set; } = "";

    public IReadOnlyList<XmlPart> Children => children ?? None;

    public void Add(XmlPart child) => (children ??= []).Add(child);

    /// <summary>The text of the first child of that name; null where there is none.</summary>
    public string? this[string child]
    {
        get
        {
            foreach (var part in Children)
                if (part.Name == child)
                    return part.Text;
            return null;
        }
    }

    /// <exception cref="RejectedException">MalformedXml.</exception>
    public string Required(string child) =>
        this[child] is { Length: > 0 } text ? text : throw S3XmlReader.Malformed($"{Name} has no {child}.");
}

/// <summary>Reads a request's XML, bounded in every direction, without DTD or anything fetched.</summary>
static class S3XmlReader
{
    const int DepthMax = 8;
    const int ElementsMax = 100_000;
    const int JoinsMax = 100; // of texts that comments or CDATA cut: each join copies

    static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CheckCharacters = false, // a key may hold &#x1;
    };

    /// <param name="root">The name that the outermost element must have, in S3's namespace, another, or none.</param>
    /// <exception cref="RejectedException">MalformedXml.</exception>
    public static XmlPart Read(ReadOnlyMemory<byte> body, string root)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(body.ToArray(), writable: false), Settings);
            var document = ReadElements(reader);
            return document.Name == root ? document : throw Malformed($"Expected {root}.");
        }
        catch (XmlException)
        {
            throw Malformed(null);
        }
    }

    public static RejectedException Malformed(string? what) =>
        new(
            ErrorCode.MalformedXml,
            "The XML you provided was not well-formed or did not validate against our published schema"
                + (what is null ? "" : $": {what}")
        );

    static XmlPart ReadElements(XmlReader reader)
    {
        var open = new Stack<XmlPart>();
        XmlPart? root = null;
        var (count, joins) = (0, 0);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                if (++count > ElementsMax || open.Count == DepthMax)
                    throw Malformed("Too many elements.");
                var part = new XmlPart(reader.LocalName);
                if (open.TryPeek(out var parent))
                    parent.Add(part);
                root ??= part;
                if (!reader.IsEmptyElement)
                    open.Push(part);
            }
            else if (reader.NodeType == XmlNodeType.EndElement)
            {
                open.Pop();
            }
            else if (reader.HasValue && open.TryPeek(out var part) && part.Children.Count == 0)
            {
                if (part.Text.Length > 0 && ++joins > JoinsMax)
                    throw Malformed("A text is in too many pieces.");
                part.Text += reader.Value;
            }
        }
        return root ?? throw Malformed("It is empty.");
    }
}
