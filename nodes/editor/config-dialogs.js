// What only one platform's config dialog has: a refresh token for Kasa, an API client for a router.
(function () {
  "use strict";

  /** The cloud's numbers for "2-step verification is on" (kasa.md section 0.2). */
  const TWO_STEP = [-23003, -20677];
  const { text, field, button, paragraph } = homenet;

  /** Prepares the dialog of a Kasa account. */
  homenet.kasaAccount = (node) => {
    homenet.connection(node, {
      said: ({ email, devices, online }) => [
        [text("test.account"), email],
        [text("test.devices"), text("test.devicesOnline", { devices, online })],
      ],
      more(dialog, { error }) {
        const twoStep = error && TWO_STEP.includes(error.vendorCode);
        const byPassword = dialog.value("password") && !dialog.value("refreshToken");
        if (twoStep) dialog.result.append(steps(), obtainButton(dialog));
        else if (!error && byPassword) dialog.result.append(paragraph(text("kasa.offer")), obtainButton(dialog));
      },
    });
  };

  function steps() {
    const list = $("<ol></ol>");
    for (const step of ["off", "obtain", "on"]) list.append($("<li></li>").text(text(`kasa.step.${step}`)));
    return [paragraph(text("kasa.twoStep")), list];
  }

  function obtainButton(dialog) {
    const obtain = button("homenet-refresh-token", "fa-refresh", text("kasa.obtain"));
    obtain.on("click", () =>
      dialog.act("refreshToken", {}, (answer) => {
        dialog.obtain(answer);
        const remove = button("homenet-forget-password", "fa-trash", text("kasa.forget"));
        remove.on("click", () => {
          field("password").val("").trigger("change");
          remove.replaceWith(paragraph(text("kasa.forgotten")));
        });
        dialog.show("good", [paragraph(text("kasa.obtained")), remove]);
      }),
    );
    return obtain;
  }

  /** Prepares the dialog of an Omada controller. */
  homenet.omadaController = (node) => {
    homenet.connection(node, {
      said: ({ version, sites }) => [
        [text("test.version"), version],
        [text("test.sites"), sites.join("\n") || text("test.none")],
      ],
    });
  };

  /** Prepares the dialog of a router. */
  homenet.peplinkRouter = (node) => {
    const dialog = homenet.connection(node, {
      said: ({ model, name, firmware, wans }) => [
        [text("test.model"), model],
        [text("test.name"), name],
        [text("test.firmware"), firmware],
        [text("test.wans"), String(wans)],
      ],
    });
    addClientForm(dialog);
  };

  function addClientForm(dialog) {
    const toggle = button("homenet-client", "fa-id-badge", text("router.open"));
    const username = $('<input type="text" id="homenet-admin-username" autocomplete="off" />');
    const password = $('<input type="password" id="homenet-admin-password" autocomplete="new-password" />');
    const name = $('<input type="text" id="homenet-client-name" />').val("node-red");
    const scope = $('<select id="homenet-client-scope" style="width: 70%"></select>');
    for (const value of ["api.read-only", "api"]) {
      scope.append(
        $("<option></option>")
          .val(value)
          .text(text(`router.scope.${value === "api" ? "write" : "read"}`)),
      );
    }
    const make = button("homenet-create-client", "fa-plus", text("router.make"));
    const row = (label, input) =>
      $('<div class="form-row"></div>').append($("<label></label>").text(label), " ", input);
    const form = $('<div class="homenet-form"></div>').append(
      paragraph(text("router.why")),
      row(text("router.username"), username),
      row(text("router.password"), password),
      row(text("router.name"), name),
      row(text("router.may"), scope),
      $('<div class="form-row"></div>').append($("<label></label>"), " ", make),
    );
    toggle.on("click", () => {
      dialog.result.hide();
      form.toggle();
    });
    make.on("click", () => {
      const admin = { username: username.val(), password: password.val() };
      // Asked for once, and forgotten here and there.
      password.val("");
      return dialog.act("client", { admin, name: name.val(), scope: scope.val() }, (answer) => {
        field("clientId").val(answer.clientId).trigger("change");
        dialog.obtain(answer);
        form.hide();
        dialog.show("good", paragraph(text(answer.made ? "router.made" : "router.taken")));
      });
    });
    dialog.place.find("#homenet-test").after(" ", toggle.addClass("peplink-router-client"));
    dialog.result.before(form.hide());
  }
})();
