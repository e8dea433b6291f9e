# Builds the server and puts it into a small image without a shell. Data is in /data, as user 1654 (app).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Packages first: this layer changes with the locks alone.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/Domain/Domain.csproj src/Domain/packages.lock.json src/Domain/
COPY src/EventStores/EventStores.csproj src/EventStores/packages.lock.json src/EventStores/
COPY src/Tiers/Tiers.csproj src/Tiers/packages.lock.json src/Tiers/
COPY src/Projections/Projections.csproj src/Projections/packages.lock.json src/Projections/
COPY src/Workers/Workers.csproj src/Workers/packages.lock.json src/Workers/
COPY src/Api/Api.csproj src/Api/packages.lock.json src/Api/
RUN dotnet restore src/Api/Api.csproj --locked-mode
COPY sql sql
COPY web web
COPY src src
RUN dotnet publish src/Api/Api.csproj -c Release --no-restore -o /varve -p:UseAppHost=false \
  && mkdir /empty

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /varve
COPY --from=build /varve .
COPY --from=build --chown=1654:1654 /empty /data
USER 1654
ENV Varve__Data=/data \
    Varve__Rest__Url=http://0.0.0.0:8080 \
    Varve__S3__Url=http://0.0.0.0:9000 \
    DOTNET_gcServer=0
VOLUME /data
EXPOSE 8080 9000
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "varve.dll"]
CMD ["serve", "--log", "json"]
