import assert from "node:assert/strict";
import { codesOf, setUp, setUpSignedIn } from "./test-client";

describe("The simulated Omada controller", () => {
  it("can have a path prefix, like one behind a reverse proxy", async () => {
    const { omada, client } = await setUp({ prefix: "/omada" });

    await client.signIn();

    assert.deepEqual(codesOf([await client.inHarbour("GET", "led")]), [0]);
    assert.deepEqual([omada.url.endsWith("/omada"), (await fetch(`${omada.server.url}/api/info`)).status], [true, 404]);
  });

  it("counts requests by a pattern", async () => {
    const { omada, client } = await setUpSignedIn();

    await client.inHarbour("GET", "led");
    await client.inHarbour("PUT", "led", { enable: true });

    assert.deepEqual([omada.calls(/\/led$/), omada.calls(/^PUT .*\/led$/g), omada.calls(/reboot/)], [2, 1, 0]);
  });
});

describe("The simulated Omada controller of a managed service provider", () => {
  it("lists its customers and the sites of all of them", async () => {
    const { omada, client } = await setUpSignedIn({ msp: true });
    const path = `/openapi/v1/msp/${omada.omadacId}`;

    const customers = await client.request("GET", `${path}/customers?page=1&pageSize=10`, client);
    const sites = await client.request("GET", `${path}/sites?page=1&pageSize=10`, client);

    assert.deepEqual(
      customers.body.result.data.map(({ customerName }) => customerName),
      ["Lighthouse Ltd", "Boatyard Ltd"],
    );
    assert.equal(sites.body.result.totalRows, 4);
  });

  it("accepts the token of a customer for the paths of that customer only", async () => {
    const { omada, client } = await setUp({ msp: true });
    const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
    await client.signIn({ omadacId: own });

    const responses = await Promise.all(
      [own, other, omada.omadacId, `msp/${omada.omadacId}`].map((id) =>
        client.request("GET", `/openapi/v1/${id}/sites?page=1&pageSize=10`, client),
      ),
    );

    assert.deepEqual(codesOf(responses), [0, -44113, -44113, -44113]);
    assert.deepEqual(
      responses[0]?.body.result.data.map(({ name }) => name),
      ["Lighthouse"],
    );
  });

  it("hides the sites of one customer from another", async () => {
    const { omada, client } = await setUp({ msp: true });
    const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
    await client.signIn({ omadacId: other });

    const path = `/openapi/v1/${other}/sites/${omada.sites.find(({ ownerId }) => ownerId === own)?.siteId}`;
    const { body } = await client.request("GET", path, client);

    assert.equal(body.errorCode, -33000);
  });

  it("has paths that an ordinary controller does not have", async () => {
    const { omada, client } = await setUpSignedIn();

    const { body } = await client.request(
      "GET",
      `/openapi/v1/msp/${omada.omadacId}/customers?page=1&pageSize=10`,
      client,
    );

    assert.equal(body.errorCode, -7131);
  });
});
