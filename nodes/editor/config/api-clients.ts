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
  const toggle = button("homenet-client", "fa-id-badge", text("router.open"));
  const username = $('<input type="text" id="homenet-admin-username" autocomplete="off" />');
  const password = $('<input type="password" id="homenet-admin-password" autocomplete="new-password" />');
  const name = $('<input type="text" id="homenet-client-name" />').val("node-red");
  const scope = $('<select id="homenet-client-scope" style="width: 70%"></select>').append(
    $('<option value="api.read-only"></option>').text(text("router.scope.read")),
    $('<option value="api"></option>').text(text("router.scope.write")),
  );
  const create = button("homenet-create-client", "fa-plus", text("router.make"));
  const list = button("homenet-list-clients", "fa-list", text("router.list"));
  const form = $('<div class="homenet-form" id="homenet-client-form"></div>').append(
    paragraph(text("router.why")),
    labelledRow(text("router.username"), username),
    labelledRow(text("router.password"), password),
    labelledRow(text("router.name"), name),
    labelledRow(text("router.may"), scope),
    $('<div class="form-row"></div>').append("<label></label>", " ", create, " ", list),
  );
  const setOpen = (isOpen: boolean): void => {
    form.toggle(isOpen);
    toggle.attr("aria-expanded", String(isOpen));
  };
  toggle.attr("aria-controls", "homenet-client-form").on("click", () => {
    dialog.result.hide();
    setOpen(!form.is(":visible"));
  });
  // The password is needed for one sign-in only, and kept nowhere.
  const takeAdmin = (): object => {
    const admin = { username: valueOf(username), password: valueOf(password) };
    password.val("");
    return admin;
  };
  create.on("click", () => {
    const client = { admin: takeAdmin(), name: valueOf(name), scope: valueOf(scope) };
    dialog.perform<Obtained & { clientId: string; made: boolean }>("client", client, (response) => {
      configField("clientId").val(response.clientId).trigger("change");
      dialog.setObtained(response);
      setOpen(false);
      dialog.show("good", [paragraph(text(response.made ? "router.made" : "router.taken"))]);
    });
  });
  list.on("click", () => {
    dialog.perform<{ clients: ListedClient[] }>("clients", { admin: takeAdmin() }, ({ clients }) => show(clients));
  });

  const show = (clients: readonly ListedClient[]): void =>
    dialog.show("good", [paragraph(text(clients.length > 0 ? "router.clients" : "router.noClients")), rowsOf(clients)]);
  const rowsOf = (clients: readonly ListedClient[]): JQuery => {
    const rows = $('<ul class="homenet-clients"></ul>');
    for (const client of clients) rows.append(createItem(client));
    return rows;
  };
  const createItem = ({ clientId, name: label, scope: granted, createdAt }: ListedClient): JQuery => {
    const isOwn = clientId === dialog.valueOf("clientId");
    const day = createdAt && new Date(createdAt).toLocaleDateString(undefined, { dateStyle: "medium" });
    const about = [granted, day, isOwn ? text("router.own") : ""].filter(Boolean).join(" · ");
    const revoke = $('<button type="button" class="red-ui-button red-ui-button-small"></button>');
    revoke.text(text("router.revoke")).attr("aria-label", `${text("router.revoke")} ${label || clientId}`);
    revoke.on("click", () => {
      // The list forgets the password, so that it is entered for what cannot be undone.
      if (!valueOf(password)) {
        dialog.result.find("p").first().text(text("router.again"));
        password.trigger("focus");
        return;
      }
      dialog.perform<{ clients: ListedClient[] }>("revoke", { admin: takeAdmin(), clientId }, (response) => {
        show(response.clients);
      });
    });
    return $("<li></li>").append($("<span></span>").text(`${label || clientId} (${about})`), " ", revoke);
  };

  setOpen(false);
  dialog.testButton.after(" ", toggle.addClass("peplink-router-client"));
  dialog.result.before(form);
}
