// Which config node's dialog is open.
let openId = "";
let element: Element | undefined;

/** Notes that the dialog of a config node is open, as long as this element of it is in the page. */
export function setOpenDialog(id: string, part: Element | undefined): void {
  openId = id;
  element = part;
}

export function isDialogOpen(id: string): boolean {
  return id === openId && element !== undefined && document.contains(element);
}
