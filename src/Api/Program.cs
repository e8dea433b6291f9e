using Varve.Api.Cli;

return await CommandLine.Run(args);
