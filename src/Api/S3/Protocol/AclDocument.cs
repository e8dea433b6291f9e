using System.Collections.Immutable;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.S3.Protocol;

/// <summary>A grant as a request names it: whom is not looked up yet.</summary>
/// <param name="Id">A canonical id; or null, and so on: one of the three is said.</param>
public sealed record NamedGrant(AclRight Right, string? Id, string? Email, AclGroup? Group);

/// <summary>The XML of an access control list, and what else names its parts.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_AccessControlPolicy.html"/>
public static class AclDocument
{
    /// <param name="OwnerId">A canonical id; null where the document does not say.</param>
    public sealed record Read(string? OwnerId, IReadOnlyList<NamedGrant> Grants);

    const string Groups = "http://acs.amazonaws.com/groups/";

    /// <summary>In the order in which S3 lists them.</summary>
    public static readonly ImmutableArray<(AclRight Right, string Header)> Rights =
    [
        (AclRight.Read, "x-amz-grant-read"),
        (AclRight.Write, "x-amz-grant-write"),
        (AclRight.ReadAcp, "x-amz-grant-read-acp"),
        (AclRight.WriteAcp, "x-amz-grant-write-acp"),
        (AclRight.FullControl, "x-amz-grant-full-control"),
    ];

    public static string NameOf(AclRight right) =>
        right switch
        {
            AclRight.Read => "READ",
            AclRight.Write => "WRITE",
            AclRight.ReadAcp => "READ_ACP",
            AclRight.WriteAcp => "WRITE_ACP",
            AclRight.FullControl => "FULL_CONTROL",
        };

    public static string UriOf(AclGroup group) =>
        Groups
        + group switch
        {
            AclGroup.AllUsers => "global/AllUsers",
            AclGroup.AuthenticatedUsers => "global/AuthenticatedUsers",
            AclGroup.LogDelivery => "s3/LogDelivery",
        };

    /// <exception cref="RejectedException">MalformedAcl, InvalidArgument.</exception>
    public static Read Parse(ReadOnlyMemory<byte> body)
    {
        XmlPart document;
        try
        {
            document = S3XmlReader.Read(body, "AccessControlPolicy");
        }
        catch (RejectedException)
        {
            throw new RejectedException(ErrorCode.MalformedAcl);
        }
        var owner = document.Children.FirstOrDefault(part => part.Name == "Owner");
        var list =
            document.Children.FirstOrDefault(part => part.Name == "AccessControlList")
            ?? throw new RejectedException(ErrorCode.MalformedAcl);
        var grants = list.Children.Where(part => part.Name == "Grant").Select(GrantOf).ToList();
        return grants.Count <= Acl.GrantsMax
            ? new(owner?["ID"], grants)
            : throw new RejectedException(ErrorCode.MalformedAcl);
    }

    /// <summary>Reads a header such as <c>id="…", emailAddress="…", uri="…"</c>.</summary>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static IEnumerable<NamedGrant> ParseHeader(AclRight right, string header)
    {
        foreach (
            var grantee in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        )
        {
            var equals = grantee.IndexOf('=', StringComparison.Ordinal);
            var (type, value) =
                equals < 0 ? ("", "") : (grantee[..equals].Trim(), grantee[(equals + 1)..].Trim(' ', '"'));
            yield return type switch
            {
                "id" => new(right, value, Email: null, Group: null),
                "emailAddress" => new(right, Id: null, value, Group: null),
                "uri" => new(right, Id: null, Email: null, GroupOf(value)),
                _ => throw new RejectedException(ErrorCode.InvalidArgument, "Argument format not recognized"),
            };
        }
    }

    static NamedGrant GrantOf(XmlPart grant)
    {
        var grantee =
            grant.Children.FirstOrDefault(part => part.Name == "Grantee")
            ?? throw new RejectedException(ErrorCode.MalformedAcl);
        var right = Rights.FirstOrDefault(known => NameOf(known.Right) == grant["Permission"]);
        if (right.Header is null)
            throw new RejectedException(ErrorCode.MalformedAcl);
        return grantee["URI"] is { } uri ? new(right.Right, Id: null, Email: null, GroupOf(uri))
            : grantee["EmailAddress"] is { } email ? new(right.Right, Id: null, email, Group: null)
            : grantee["ID"] is { } id ? new(right.Right, id, Email: null, Group: null)
            : throw new RejectedException(ErrorCode.MalformedAcl);
    }

    static AclGroup GroupOf(string uri)
    {
        foreach (var group in Enum.GetValues<AclGroup>())
            if (UriOf(group) == uri)
                return group;
        throw new RejectedException(ErrorCode.InvalidArgument, "Invalid group uri");
    }
}
