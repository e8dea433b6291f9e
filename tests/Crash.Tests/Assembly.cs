// The tests measure memory, time and fsyncs of a whole machine: one at a time.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
