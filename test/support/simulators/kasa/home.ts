import { CloudDevice, describeProduct } from "./devices";
import { Bulb, LightStrip } from "./lights";
import { Dimmer, Plug, Strip } from "./plugs";

const PRODUCTS = {
  HS103: describeProduct("IOT.SMARTPLUGSWITCH", "HS103(US)", "Small Plug", "5.0"),
  HS110: describeProduct("IOT.SMARTPLUGSWITCH", "HS110(EU)", "Plug with Energy Meter", "1.0"),
  KP115: describeProduct("IOT.SMARTPLUGSWITCH", "KP115(EU)", "Small Plug with Energy Meter", "1.0"),
  HS220: describeProduct("IOT.SMARTPLUGSWITCH", "HS220(US)", "Wall Dimmer", "3.0"),
  HS300: describeProduct("IOT.SMARTPLUGSWITCH", "HS300(US)", "Six-outlet Power Strip", "2.0"),
  KL120: describeProduct("IOT.SMARTBULB", "KL120(US)", "Tunable White Bulb", "1.0"),
  KL130: describeProduct("IOT.SMARTBULB", "KL130(EU)", "Colour Bulb", "1.0"),
  KL430: describeProduct("IOT.SMARTBULB", "KL430(EU)", "Colour Light Strip", "2.0"),
  KC100: describeProduct("IOT.IPCAMERA", "KC100(US)", "Indoor Camera", "1.0"),
  P105: describeProduct("SMART.TAPOPLUG", "P105", "Tapo Plug", "1.0.0"),
};

/** One device of each family, with aliases that are difficult for clients. */
export function createHome(): CloudDevice[] {
  const pump = new Plug(PRODUCTS.HS103, "Garden pump");
  pump.online = false;
  const modem = new Plug(PRODUCTS.KP115, "Modem", "milli");
  modem.on = true;
  return [
    modem,
    pump,
    new Plug(PRODUCTS.HS110, "Freezer", "whole"),
    new Dimmer(PRODUCTS.HS220, "<b>Porch</b>"),
    new Strip(PRODUCTS.HS300, "Desk", ["Screen", "Printer", "Speakers", "Charger", "Lamp", "Fan"]),
    new Bulb(PRODUCTS.KL130, "Hall lamp", { kelvin: [2500, 9000], colour: true }),
    new Bulb(PRODUCTS.KL120, "hall lamp", { kelvin: [2700, 5000], colour: false }),
    new LightStrip(PRODUCTS.KL430, "Shelf", { kelvin: [2500, 9000], colour: true }),
    new CloudDevice(PRODUCTS.KC100, "Driveway"),
    new CloudDevice(PRODUCTS.P105, "Heater"),
  ];
}
