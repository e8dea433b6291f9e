using System.Text;
using CsCheck;
using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

public sealed class ProofTests
{
    /// <summary>Every bit of the file matters.</summary>
    [Fact]
    public async Task A_proof_with_one_bit_changed_proves_nothing_else()
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        var proof = Prover.Open(log.Audit).Inclusion(new(333));
        var key = log.Audit.ReadKey();
        var bytes = Encoding.UTF8.GetBytes($"{proof}");
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Int[0, 7])
            .Sample(
                (at, bit) =>
                {
                    var changed = bytes.ToArray();
                    changed[at] ^= (byte)(1 << bit);
                    Assert.False(Holds(Encoding.UTF8.GetString(changed), key));
                },
                iter: 2_000
            );
        Assert.True(Holds($"{proof}", key));
    }

    static bool Holds(string text, NoteVerifier key)
    {
        try
        {
            var proof = TlogProof.Parse(text);
            return proof.Holds(SignedCheckpoint.Open(proof.Checkpoint, key).Checkpoint, proof.Extra);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
