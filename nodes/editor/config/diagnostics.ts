// The file for a bug report, which the runtime puts together without secrets.
import { request, text } from "../core";
import { button } from "../elements";

/** A row with the button that downloads the diagnostics of a config node. */
export function diagnosticsButton(type: string, id: string): JQuery {
  const note = $('<div class="homenet-about" role="status"></div>');
  const download = button("homenet-diagnostics", "fa-download", text("diagnostics.button"));
  download.on("click", () => {
    note.text("");
    downloadDiagnostics(type, id, note).catch(reportError);
  });
  return $('<div class="form-row"></div>').append("<label></label>", " ", download, note);
}

async function downloadDiagnostics(type: string, id: string, note: JQuery): Promise<void> {
  const response = await request<{ notDeployed?: true }>(`${type}/${encodeURIComponent(id)}/diagnostics`);
  if (response.error) note.text(response.error.message);
  else if (response.notDeployed) note.text(text("diagnostics.none"));
  else save(`${type}-diagnostics.json`, response);
}

function save(name: string, content: object): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
