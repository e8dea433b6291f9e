using Varve.Cluster.Tests;

// One cluster for all, and nothing beside what is killed just now.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
[assembly: AssemblyFixture(typeof(VarveCluster))]
