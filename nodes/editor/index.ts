// What the html of the nodes calls, as `homenet`. The build bundles this file and all that it imports into
// resources/editor.js, which Node-RED's editor loads before the nodes (see homenet-editor.html).

export { kasaAccountDialog, omadaControllerDialog, peplinkRouterDialog } from "./config/config-dialogs";
export { saveConfigDialog } from "./config/connection-test";
export { typedInputs } from "./core";
export { endpointDialog } from "./dialogs/endpoints";
export { eventDialog } from "./dialogs/event-dialogs";
export { kasaDeviceDialog } from "./dialogs/kasa-device-dialog";
export { operationDialog } from "./dialogs/operations";
export { webhookDialog } from "./dialogs/webhook-dialog";
export {
  checkAddress,
  checkCredentials,
  checkFingerprint,
  checkNumber,
  checkOptionalAddress,
  checkPath,
} from "./validators";

const style = document.createElement("link");
style.rel = "stylesheet";
style.href = "resources/@homenet/node-red-homenet/editor.css";
document.head.append(style);
