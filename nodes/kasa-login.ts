import type { Node, NodeAPI, NodeDef } from "node-red";
import type { KasaClient } from "../src/kasa/client";
import { action } from "./shared/action-node";

interface KasaLoginDef extends NodeDef {
  account: string;
  force?: boolean;
  hideToken?: boolean;
}

export default function (RED: NodeAPI): void {
  function KasaLogin(this: Node, def: KasaLoginDef): void {
    RED.nodes.createNode(this, def);

    action<KasaClient>(RED, this, def, "kasa", def.account, async ({ client, input, call }) => {
      const force = def.force === true || (input.msg as { force?: unknown }).force === true;
      const { account, reused } = await client.signIn(force, call);
      call.trace.details["reused"] = reused;
      if (!def.hideToken) return { ...account };
      const { token: _token, refreshToken: _refreshToken, ...rest } = account;
      return rest;
    });
  }

  RED.nodes.registerType("kasa-login", KasaLogin);
}
