using CsCheck;
using Varve.Domain.Access;
using static Varve.Domain.Tests.Access.Asking;

namespace Varve.Domain.Tests.Access;

public sealed class PolicyTests
{
    [Theory]
    [InlineData("\"*\"", true, true, true)]
    [InlineData("""{"AWS":"*"}""", true, true, true)]
    [InlineData("""{"AWS":"bob"}""", true, false, false)]
    [InlineData("""{"AWS":["eve","arn:aws:iam:::user/bob"]}""", true, true, false)]
    [InlineData("""{"AWS":"arn:aws:iam::bob:root"}""", true, false, false)]
    [InlineData("""{"AWS":"arn:aws:iam::s3tenant1:root"}""", false, false, false)]
    [InlineData("""{"Service":"cloudtrail.amazonaws.com"}""", false, false, false)]
    public void A_principal_is_found(string principal, bool bob, bool eve, bool anybody)
    {
        var bucket = With(Statement(principal: principal));
        var asked = new[] { Bob, new Principal("eve", Root: false), Anybody };
        Assert.Equal([bob, eve, anybody], asked.Select(who => who.May("GetObject", bucket, "k")));
    }

    [Fact]
    public void A_user_has_several_names()
    {
        var account = UserIds.AccountId("bob");
        foreach (
            var name in new[]
            {
                $$"""{"CanonicalUser":"{{UserIds.CanonicalId("bob")}}"}""",
                $$"""{"AWS":"{{account}}"}""",
                $$"""{"AWS":"arn:aws:iam::{{account}}:root"}""",
                $$"""{"AWS":"{{UserIds.Arn("bob")}}"}""",
                $$"""{"AWS":"arn:aws:iam::{{account}}:user/team/{{UserIds.CanonicalId("bob")}}"}""",
            }
        )
            Assert.True(Bob.May("GetObject", With(Statement(principal: name)), "k"), name);
    }

    [Fact]
    public void Nobody_is_somebody_else_by_taking_their_account_id_for_a_name()
    {
        var account = UserIds.AccountId("bob");
        var thief = new Principal(account, Root: false);
        foreach (var name in new[] { account, $"arn:aws:iam::{account}:root" })
            Assert.False(thief.May("GetObject", With(Statement(principal: $$"""{"AWS":"{{name}}"}""")), "k"), name);
        foreach (var name in new[] { UserIds.Arn(account), $"arn:aws:iam:::user/{account}" })
        {
            var bucket = With(Statement(principal: $$"""{"AWS":"{{name}}"}"""));
            Assert.Equal((true, false), (thief.May("GetObject", bucket, "k"), Bob.May("GetObject", bucket, "k")));
        }
    }

    [Theory]
    [InlineData("arn:aws:iam::123456789012:user/bob")]
    [InlineData("arn:aws:sts::123456789012:assumed-role/admin/bob")]
    [InlineData("arn:aws:iam::eve:user/bob")]
    public void A_user_of_another_account_is_nobody_here(string arn) =>
        Refused($"{{\"Statement\":{Statement(principal: $$"""{"AWS":"{{arn}}"}""")}}}", "Invalid principal in policy");

    [Theory]
    [InlineData("\"s3:GetObject\"", "GetObject", true)]
    [InlineData("\"S3:getobject\"", "GetObject", true)]
    [InlineData("\"s3:Get*\"", "GetObject", true)]
    [InlineData("\"s3:?etObject\"", "GetObject", true)]
    [InlineData("[\"s3:PutObject\",\"*\"]", "GetObject", true)]
    [InlineData("\"s3:GetObject\"", "GetObjectVersion", false)]
    public void An_action_is_found(string actions, string action, bool allowed) =>
        Assert.Equal(allowed, Bob.May(action, With(Statement(action: actions)), "k"));

    [Theory]
    [InlineData("arn:aws:s3:::photos/*", "a/b", true)]
    [InlineData("arn:aws:s3:::photos/a/*", "b/a", false)]
    [InlineData("arn:aws:s3:::photos/?", "ab", false)]
    [InlineData("arn:aws:s3:::*/*", "a", true)]
    [InlineData("arn:aws:s3:::*", "a", true)]
    [InlineData("arn:aws:s3::tenant:photos/*", "a", true)]
    [InlineData("arn:aws:s3:::photos/${aws:username}/*", "bob/cat", true)]
    [InlineData("arn:aws:s3:::photos/${aws:username}/*", "ana/cat", false)]
    [InlineData("arn:aws:s3:::photos/${aws:nothing}", "", false)]
    [InlineData("arn:aws:s3:::photos/${aws:nothing, 'else'}", "else", true)]
    [InlineData("arn:aws:s3:::photos/${*}", "*", true)]
    [InlineData("arn:aws:s3:::photos/${*}", "cat", false)]
    public void A_resource_is_found(string resource, string key, bool allowed)
    {
        var bucket = With(Statement(resource: $"\"{resource}\""));
        var request = Bob.To("GetObject", key, ("aws:username", "bob"));
        Assert.Equal(allowed, Authorization.Allows(request, bucket, acl: null));
    }

    [Fact]
    public void A_value_of_a_variable_is_no_pattern()
    {
        var bucket = With(Statement(resource: "\"arn:aws:s3:::photos/${aws:Referer}\""));
        Assert.False(May("cat", "*"));
        Assert.False(May("\0cat", "\0*"));
        Assert.True(May("\0*", "\0*"));

        bool May(string key, string referer) =>
            Authorization.Allows(Bob.To("GetObject", key, ("aws:Referer", referer)), bucket, acl: null);
    }

    [Fact]
    public void All_but_something_is_everything_else()
    {
        var statement =
            """{"Effect":"Deny","NotPrincipal":{"AWS":"bob"},"NotAction":"s3:GetObject","NotResource":"arn:aws:s3:::photos/open/*"}""";
        var bucket = With($"{Statement()},{statement}");
        Assert.True(Bob.May("PutObject", bucket, "k"));
        Assert.False(Ana.May("PutObject", bucket, "k"));
        Assert.True(Ana.May("GetObject", bucket, "k"));
        Assert.True(Ana.May("PutObject", bucket, "open/k"));
    }

    [Theory]
    [InlineData("StringEquals", "s3:prefix", "\"a\"", "a", true)]
    [InlineData("StringEquals", "S3:Prefix", "[\"b\",\"a\"]", "a", true)]
    [InlineData("StringEquals", "s3:prefix", "\"A\"", "a", false)]
    [InlineData("StringEquals", "s3:prefix", "\"a\"", null, false)]
    [InlineData("StringEqualsIfExists", "s3:prefix", "\"a\"", null, true)]
    [InlineData("StringEqualsIgnoreCase", "s3:prefix", "\"A\"", "a", true)]
    [InlineData("StringNotEquals", "s3:prefix", "[\"a\",\"b\"]", "b", false)]
    [InlineData("StringNotEquals", "s3:prefix", "\"a\"", null, true)]
    [InlineData("StringLike", "s3:prefix", "\"a*\"", "abc", true)]
    [InlineData("StringNotLike", "s3:prefix", "\"a*\"", "abc", false)]
    [InlineData("NumericLessThanEquals", "s3:max-keys", "\"10\"", "10", true)]
    [InlineData("NumericLessThan", "s3:max-keys", "10", "10", false)]
    [InlineData("NumericGreaterThan", "s3:max-keys", "9", "10", true)]
    [InlineData("NumericEquals", "s3:max-keys", "10", "ten", false)]
    [InlineData("DateLessThan", "aws:CurrentTime", "\"2026-06-01T00:00:00Z\"", "2026-01-01T00:00:00Z", true)]
    [InlineData("DateGreaterThan", "aws:EpochTime", "\"1767225600\"", "1767225601", true)]
    [InlineData("Bool", "aws:SecureTransport", "true", "true", true)]
    [InlineData("Bool", "aws:SecureTransport", "\"false\"", "true", false)]
    [InlineData("IpAddress", "aws:SourceIp", "\"10.1.0.0/16\"", "10.1.2.3", true)]
    [InlineData("IpAddress", "aws:SourceIp", "\"10.1.2.3\"", "10.1.2.4", false)]
    [InlineData("NotIpAddress", "aws:SourceIp", "\"10.1.0.0/16\"", "10.1.2.3", false)]
    [InlineData("IpAddress", "aws:SourceIp", "\"2001:db8::/32\"", "2001:db8::1", true)]
    [InlineData("IpAddress", "aws:SourceIp", "\"10.0.0.0/8\"", "::1", false)]
    [InlineData("ArnLike", "aws:PrincipalArn", "\"arn:aws:iam::*:user/a*\"", "arn:aws:iam::1:user/ana", true)]
    [InlineData("ArnEquals", "aws:PrincipalArn", "\"arn:aws:*\"", "arn:aws:iam::1:user/ana", false)]
    [InlineData("Null", "s3:prefix", "\"true\"", null, true)]
    [InlineData("Null", "s3:prefix", "true", "a", false)]
    [InlineData("Null", "s3:prefix", "false", "a", true)]
    [InlineData("StringEquals", "s3:prefix", "\"${aws:username}\"", "bob", true)]
    [InlineData("StringEquals", "s3:prefix", "\"*${*}\"", "**", true)]
    [InlineData("StringEquals", "s3:prefix", "\"*${*}\"", "a*", false)]
    public void A_condition_holds_or_not(string type, string key, string value, string? said, bool holds)
    {
        var bucket = With(Statement(condition: Condition(type, key, value)));
        List<(string, string)> facts = [("aws:username", "bob")];
        if (said is not null)
            facts.Add((key, said));
        Assert.Equal(holds, Authorization.Allows(Bob.To("ListBucket", null, [.. facts]), bucket, acl: null));
    }

    [Theory]
    [InlineData("ForAllValues:StringEquals", "a,b", true)]
    [InlineData("ForAllValues:StringEquals", "a,c", false)]
    [InlineData("ForAllValues:StringEquals", "", true)]
    [InlineData("ForAnyValue:StringEquals", "a,c", true)]
    [InlineData("ForAnyValue:StringEquals", "c", false)]
    [InlineData("ForAnyValue:StringEquals", "", false)]
    [InlineData("ForAnyValue:StringNotEquals", "a,c", true)]
    public void A_condition_asks_for_any_or_for_all_values(string type, string keys, bool holds)
    {
        var bucket = With(Statement(condition: Condition(type, "s3:RequestObjectTagKeys", """["a","b"]""")));
        var said = keys.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(key => ("s3:RequestObjectTagKeys", key));
        Assert.Equal(holds, Authorization.Allows(Bob.To("PutObject", "k", [.. said]), bucket, acl: null));
    }

    [Theory]
    [InlineData("", "Policies must be valid JSON and the first byte must be '{'")]
    [InlineData("[]", "Policies must be valid JSON and the first byte must be '{'")]
    [InlineData("""{"Version":"2012-10-17"}""", "Missing required field Statement")]
    [InlineData("""{"Version":"2020-01-01","Statement":[]}""", "The policy must contain a valid version string")]
    [InlineData("""{"Statement":[]}""", "Could not parse the policy: Statement is empty!")]
    [InlineData("""{"Statement":[{}],"More":1}""", "Unknown field More")]
    [InlineData("""{"Statement":[{}]}""", "Missing required field Effect")]
    [InlineData("""{"Statement":{"Effect":"Maybe"}}""", "Invalid effect: Maybe")]
    [InlineData("""{"Statement":{"Effect":"Allow","Colour":"red"}}""", "Unknown field Colour")]
    [InlineData("""{"Statement":{"Effect":"Allow"}}""", "Missing required field Principal")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*"}}""", "Missing required field Action")]
    [InlineData(
        """{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*"}}""",
        "Missing required field Resource"
    )]
    [InlineData(
        """{"Statement":{"Effect":"Allow","NotPrincipal":"*","Action":"s3:*","Resource":"*"}}""",
        "Allow with NotPrincipal is not allowed."
    )]
    public void A_policy_that_means_nothing_is_refused(string text, string message) => Refused(text, message);

    [Theory]
    [InlineData("principal", "\"ana\"", "Invalid principal in policy")]
    [InlineData("principal", """{"AWS":"arn:aws:iam::1:group/x"}""", "Invalid principal in policy")]
    [InlineData("action", "\"ec2:Run\"", "Policy has invalid action")]
    [InlineData("action", "3", "Invalid policy syntax.")]
    [InlineData("resource", "\"arn:aws:s3:::other/*\"", "Policy has invalid resource")]
    [InlineData("resource", "\"photos\"", "Policy has invalid resource")]
    [InlineData("condition", """{"Sounds":{"s3:prefix":"a"}}""", "Invalid Condition type : Sounds")]
    [InlineData("condition", """{"StringEquals":{"prefix":"a"}}""", "Policy has an invalid condition key")]
    [InlineData(
        "condition",
        """{"IpAddress":{"aws:SourceIp":"here"}}""",
        "Invalid value here for the Condition type IpAddress"
    )]
    [InlineData(
        "condition",
        """{"Null":{"aws:username":"${aws:username}"}}""",
        "Invalid value ${aws:username} for the Condition type Null"
    )]
    public void A_statement_that_means_nothing_is_refused(string part, string value, string message) =>
        Refused(
            "{\"Version\":\"2012-10-17\",\"Statement\":"
                + part switch
                {
                    "principal" => Statement(principal: value),
                    "action" => Statement(action: value),
                    "resource" => Statement(resource: value),
                    _ => Statement(condition: value),
                }
                + "}",
            message
        );

    [Fact]
    public void A_policy_has_at_most_20_KiB() =>
        Refused(
            $$"""{"Id":"{{new string('x', BucketPolicy.BytesMax)}}","Statement":[]}""",
            "Normalized policy document exceeds the maximum allowed size of 20480 bytes."
        );

    [Theory]
    [InlineData("\"*\"", "{}", true)]
    [InlineData("""{"AWS":"bob"}""", "{}", false)]
    [InlineData("\"*\"", """{"IpAddress":{"aws:SourceIp":"10.0.0.0/32"}}""", false)]
    [InlineData("\"*\"", """{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}""", true)]
    [InlineData("\"*\"", """{"StringLike":{"aws:Referer":"http://example.org/*"}}""", true)]
    [InlineData("\"*\"", """{"StringLike":{"aws:username":"*"}}""", true)]
    public void A_policy_is_public_where_it_leaves_open_whom_it_lets_in(string who, string condition, bool isPublic) =>
        Assert.Equal(isPublic, With(Statement(principal: who, condition: condition)).Policy!.IsPublic);

    [Fact]
    public void A_pattern_of_a_text_and_stars_matches_what_a_split_says() =>
        Gen.Select(Gen.String[Gen.Char["ab*"], 0, 8], Gen.String[Gen.Char["ab"], 0, 8])
            .Sample(
                (pattern, text) =>
                {
                    var bucket = With(Statement(condition: Condition("StringLike", "s3:prefix", $"\"{pattern}\"")));
                    var said = Authorization.Allows(Bob.To("ListBucket", null, ("s3:prefix", text)), bucket, acl: null);
                    Assert.Equal(Slowly(pattern, text), said);
                },
                iter: 2000
            );

    [Fact]
    public void No_text_makes_the_reader_fail_otherwise_than_by_a_refusal() =>
        Gen.OneOf(Gen.String[0, 60], Gen.String[Gen.Char["{}[]\":,SEA*"], 0, 60].Select(s => "{\"Statement\":" + s))
            .Sample(
                text =>
                {
                    try
                    {
                        PolicyReader.Read(text, "photos");
                    }
                    catch (RejectedException no)
                    {
                        Assert.Equal(ErrorCode.MalformedPolicy, no.Rejection.Code);
                    }
                },
                iter: 2000
            );

    static bool Slowly(string pattern, string text) =>
        pattern.Length == 0 ? text.Length == 0
        : pattern[0] == '*' ? Enumerable.Range(0, text.Length + 1).Any(i => Slowly(pattern[1..], text[i..]))
        : text.Length > 0 && pattern[0] == text[0] && Slowly(pattern[1..], text[1..]);

    static void Refused(string text, string message)
    {
        var refused = Assert.Throws<RejectedException>(() => PolicyReader.Read(text, "photos"));
        Assert.Equal((ErrorCode.MalformedPolicy, message), (refused.Rejection.Code, refused.Rejection.Detail));
    }
}
