import assert from "node:assert/strict";
import { ClientSource } from "../../../../src/omada/sources/clients";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { SourceObserver, startObserving, startWithPages } from "./source-fixture";

describe("The list of a source", () => {
  it("is read once if it has one page, although a client is missing", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    omada.disconnectClient(omada.client("Till"));
    const before = omada.calls(/clients$/);

    assert.deepEqual(await observer.poll(), ["client-disconnected Till"]);

    assert.equal(omada.calls(/clients$/) - before, 1);
  });

  it("is complete although a client connects while its pages are read", async () => {
    const { omada, observer, clients, beforePage } = await startWithPages();
    const [first] = clients;
    omada.disconnectClient(first!);
    await observer.pollEvents();

    beforePage(2, () => omada.connectClient(first!));
    const events = [await observer.poll(), await observer.poll()];

    assert.deepEqual(events.flat(), ["client-connected Client 1"]);
  });

  it("has the same clients when their MAC addresses are spelled in another way", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    for (const client of omada.clients) client.mac = client.mac.toLowerCase().replaceAll("-", ":");

    assert.deepEqual(await observer.poll(), []);
  });
});

describe("The site of a source", () => {
  it("is the only one of the controller if it is blank", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.removeSite(fixture.omada.site("Depot"));

    const first = await new SourceObserver(new ClientSource(fixture.client, "")).pollEvents();

    assert.equal(first.length, 10);
  });

  it("must be set if there are several", async () => {
    const { client } = await OmadaFixture.start();

    const { code, message } = await platformErrorOf(new SourceObserver(new ClientSource(client, "")).pollEvents());

    assert.equal(code, "input");
    assert.equal(message, 'This controller has several sites. Choose one: "Harbour", "Depot".');
  });

  it("must exist", async () => {
    const { client } = await OmadaFixture.start();
    const { code } = await platformErrorOf(new SourceObserver(new ClientSource(client, "Moon")).pollEvents());
    const other = await OmadaFixture.start();
    for (const site of other.omada.sites) other.omada.removeSite(site);

    const noSite = await platformErrorOf(new SourceObserver(new ClientSource(other.client, "")).pollEvents());

    assert.deepEqual([code, noSite.code], ["not-found", "not-found"]);
    assert.match(noSite.message, /has access to no site/);
  });
});
