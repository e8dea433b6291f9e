using Varve.Services;

[assembly: AssemblyFixture(typeof(MariaDb))]

namespace Varve.Projections.Tests;

public sealed class SqliteCopiesTests() : CopiesContract(new SqliteReadStore());

public sealed class SqliteUnreferencedTests() : UnreferencedContract(new SqliteReadStore());

public sealed class SqliteFilesTests() : FilesContract(new SqliteReadStore());

public sealed class SqliteListingTests() : ListingContract(new SqliteReadStore());

public sealed class SqlitePastTests() : PastContract(new SqliteReadStore());

public sealed class SqlitePoisonTests() : PoisonContract(new SqliteReadStore());

public sealed class SqliteRebuildTests() : RebuildContract(new SqliteReadStore());

public sealed class SqliteRunnerTests() : RunnerContract(new SqliteReadStore());

public sealed class SqliteVersionsTests() : VersionsContract(new SqliteReadStore());

public sealed class MySqlCopiesTests(MariaDb server) : CopiesContract(new MySqlReadStore(server, shards: 16));

public sealed class MySqlUnreferencedTests(MariaDb server) : UnreferencedContract(new MySqlReadStore(server));

public sealed class MySqlFilesTests(MariaDb server) : FilesContract(new MySqlReadStore(server));

public sealed class MySqlListingTests(MariaDb server) : ListingContract(new MySqlReadStore(server));

public sealed class MySqlPastTests(MariaDb server) : PastContract(new MySqlReadStore(server, shards: 256));

public sealed class MySqlPoisonTests(MariaDb server) : PoisonContract(new MySqlReadStore(server));

public sealed class MySqlRebuildTests(MariaDb server) : RebuildContract(new MySqlReadStore(server));

public sealed class MySqlRunnerTests(MariaDb server) : RunnerContract(new MySqlReadStore(server, shards: 16));

public sealed class MySqlVersionsTests(MariaDb server) : VersionsContract(new MySqlReadStore(server));
