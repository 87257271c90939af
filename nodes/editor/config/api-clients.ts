// The API clients of a Peplink router: create one, list and revoke them. An admin user signs in for each of these.
import { text, valueOf } from "../core";
import { button, configField, labelledRow, paragraph } from "../elements";
import type { ConnectionDialog, Obtained } from "./connection-test";

/** An API client that the router has. */
interface ListedClient {
  clientId: string;
  name: string;
  scope: string;
  /** ISO 8601, or blank. */
  createdAt: string;
}

type RouterDialog = Pick<
  ConnectionDialog<unknown>,
  "result" | "testButton" | "valueOf" | "perform" | "setObtained" | "show"
>;

/** Adds the form to the dialog of a router, closed. */
export function addClientForm(dialog: RouterDialog): void {
  new ClientForm(dialog).setOpen(false);
}

class ClientForm {
  readonly #dialog: RouterDialog;
  readonly #toggle = button("homenet-client", "fa-id-badge", text("router.open"));
  readonly #username = $('<input type="text" id="homenet-admin-username" autocomplete="off" />');
  readonly #password = $('<input type="password" id="homenet-admin-password" autocomplete="new-password" />');
  readonly #name = $('<input type="text" id="homenet-client-name" />').val("node-red");
  readonly #scope = $('<select id="homenet-client-scope" style="width: 70%"></select>').append(
    $('<option value="api.read-only"></option>').text(text("router.scope.read")),
    $('<option value="api"></option>').text(text("router.scope.write")),
  );
  readonly #form = $('<div class="homenet-form" id="homenet-client-form"></div>');

  constructor(dialog: RouterDialog) {
    this.#dialog = dialog;
    const create = button("homenet-create-client", "fa-plus", text("router.make")).on("click", () => this.#create());
    const list = button("homenet-list-clients", "fa-list", text("router.list")).on("click", () => this.#list());
    this.#form.append(
      paragraph(text("router.why")),
      labelledRow(text("router.username"), this.#username),
      labelledRow(text("router.password"), this.#password),
      labelledRow(text("router.name"), this.#name),
      labelledRow(text("router.may"), this.#scope),
      $('<div class="form-row"></div>').append("<label></label>", " ", create, " ", list),
    );
    this.#toggle.attr("aria-controls", "homenet-client-form").on("click", () => {
      dialog.result.hide();
      this.setOpen(!this.#form.is(":visible"));
    });
    dialog.testButton.after(" ", this.#toggle.addClass("peplink-router-client"));
    dialog.result.before(this.#form);
  }

  setOpen(isOpen: boolean): void {
    this.#form.toggle(isOpen);
    this.#toggle.attr("aria-expanded", String(isOpen));
  }

  #create(): void {
    const client = { admin: this.#takeAdmin(), name: valueOf(this.#name), scope: valueOf(this.#scope) };
    this.#dialog.perform<Obtained & { clientId: string; made: boolean }>("client", client, (response) => {
      configField("clientId").val(response.clientId).trigger("change");
      this.#dialog.setObtained(response);
      this.setOpen(false);
      this.#dialog.show("good", [paragraph(text(response.made ? "router.made" : "router.taken"))]);
    });
  }

  #list(): void {
    this.#dialog.perform<{ clients: ListedClient[] }>("clients", { admin: this.#takeAdmin() }, ({ clients }) => {
      this.#show(clients);
    });
  }

  #revoke(clientId: string): void {
    // The list forgets the password, so that it is entered for what cannot be undone.
    if (!valueOf(this.#password)) {
      this.#dialog.result.find("p").first().text(text("router.again"));
      this.#password.trigger("focus");
      return;
    }
    const revoked = { admin: this.#takeAdmin(), clientId };
    this.#dialog.perform<{ clients: ListedClient[] }>("revoke", revoked, ({ clients }) => this.#show(clients));
  }

  // The password is needed for one sign-in only, and kept nowhere.
  #takeAdmin(): object {
    const admin = { username: valueOf(this.#username), password: valueOf(this.#password) };
    this.#password.val("");
    return admin;
  }

  #show(clients: readonly ListedClient[]): void {
    const rows = $('<ul class="homenet-clients"></ul>').append(...clients.map((client) => this.#createItem(client)));
    this.#dialog.show("good", [paragraph(text(clients.length > 0 ? "router.clients" : "router.noClients")), rows]);
  }

  #createItem({ clientId, name, scope, createdAt }: ListedClient): JQuery {
    const isOwn = clientId === this.#dialog.valueOf("clientId");
    const day = createdAt && new Date(createdAt).toLocaleDateString(undefined, { dateStyle: "medium" });
    const about = [scope, day, isOwn ? text("router.own") : ""].filter(Boolean).join(" · ");
    const revoke = $('<button type="button" class="red-ui-button red-ui-button-small"></button>');
    revoke.text(text("router.revoke")).attr("aria-label", `${text("router.revoke")} ${name || clientId}`);
    revoke.on("click", () => this.#revoke(clientId));
    return $("<li></li>").append($("<span></span>").text(`${name || clientId} (${about})`), " ", revoke);
  }
}
