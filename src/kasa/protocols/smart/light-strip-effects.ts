import { BUILT_IN_EFFECTS } from "../iot/built-in-effects";

/** An effect in the words of the firmware. */
type Effect = Readonly<{ name: string; [parameter: string]: unknown }>;

type Colours = readonly (readonly [hue: number, saturation: number, brightness: number])[];

/** The effects that newer light strips share with older ones. What differs are the id, and the colours that apps show. */
const SHARED: Readonly<Record<string, readonly [id: string, colours: Colours, other?: object]>> = {
  Aurora: [
    "1MClvV18i15Jq3bvJVf0eP",
    [
      [120, 100, 100],
      [240, 100, 100],
      [260, 100, 100],
      [280, 100, 100],
    ],
  ],
  "Bubbling Cauldron": [
    "6DlumDwO2NdfHppy50vJtu",
    [
      [100, 100, 100],
      [270, 100, 100],
    ],
  ],
  "Candy Cane": [
    "6Dy0Nc45vlhFPEzG021Pe9",
    [
      [0, 0, 100],
      [0, 81, 100],
    ],
    { segments: [0] },
  ],
  Christmas: [
    "5zkiG6avJ1IbhjiZbRlWvh",
    [
      [136, 98, 100],
      [350, 97, 100],
    ],
  ],
  Flicker: [
    "4HVKmMc6vEzjm36jXaGwMs",
    [
      [30, 81, 100],
      [40, 100, 100],
    ],
  ],
  Hanukkah: ["2YTk4wramLKv5XZ9KFDVYm", [[200, 100, 100]]],
  "Haunted Mansion": ["4rJ6JwC7I9st3tQ8j4lwlI", [[44, 9, 100]]],
  Icicle: ["7UcYLeJbiaxVIXCxr21tpx", [[190, 100, 100]]],
  Lightning: [
    "7OGzfSfnOdhoO2ri4gOHWn",
    [
      [210, 9, 100],
      [200, 50, 100],
      [200, 100, 100],
    ],
    { segments: [7], random_seed: 50 },
  ],
  Ocean: ["0fOleCdwSgR0nfjkReeYfw", [[198, 84, 100]]],
  Rainbow: [
    "7CC5y4lsL8pETYvmz7UOpQ",
    [
      [0, 100, 100],
      [100, 100, 100],
      [200, 100, 100],
      [300, 100, 100],
    ],
  ],
  Raindrop: [
    "1t2nWlTBkV8KXBZ0TWvBjs",
    [
      [200, 9, 100],
      [200, 19, 100],
    ],
  ],
  Spring: [
    "1nL6GqZ5soOxj71YDJOlZL",
    [
      [0, 30, 100],
      [130, 100, 100],
    ],
  ],
  Valentines: [
    "2q1Vio9sSjHmaC7JS9d30l",
    [
      [339, 19, 100],
      [19, 50, 100],
      [0, 100, 100],
      [339, 40, 100],
    ],
  ],
};

const SUNRISE: Colours = [
  [0, 100, 5],
  [0, 100, 5],
  [10, 100, 6],
  [15, 100, 7],
  [20, 100, 8],
  [20, 100, 10],
  [30, 100, 12],
  [30, 95, 15],
  [30, 90, 20],
  [30, 80, 25],
  [30, 75, 30],
  [30, 70, 40],
  [30, 60, 50],
  [30, 50, 60],
  [30, 20, 70],
  [30, 0, 100],
];

const SUNSET: Colours = [
  [30, 0, 100],
  [30, 20, 100],
  [30, 50, 99],
  [30, 60, 98],
  [30, 70, 97],
  [30, 75, 95],
  [30, 80, 93],
  [30, 90, 90],
  [30, 95, 85],
  [30, 100, 80],
  [20, 100, 70],
  [20, 100, 60],
  [15, 100, 50],
  [10, 100, 40],
  [0, 100, 30],
  [0, 100, 0],
];

/** The two that take ten minutes, and end by themselves. */
const SUN = {
  custom: 0,
  brightness: 100,
  segments: [0],
  expansion_strategy: 2,
  type: "pulse",
  duration: 600,
  transition: 60_000,
  direction: 1,
  spread: 1,
  repeat_times: 1,
  run_time: 0,
  trans_sequence: [],
};

const BULBS_ON_A_STRING: Colours = [
  [30, 100, 100],
  [240, 100, 100],
  [240, 0, 100],
  [130, 100, 100],
  [0, 100, 100],
];

/** The effects that the Tapo app offers for every light strip, each with the parameters that the strip wants to have. */
export const LIGHT_STRIP_EFFECTS: readonly Effect[] = [
  ...BUILT_IN_EFFECTS.flatMap((effect) => {
    const [id, colours, other] = SHARED[effect.name] ?? [];
    return id === undefined ? [] : [{ ...effect, id: `TapoStrip_${id}`, display_colors: colours, ...other }];
  }),
  {
    name: "Grandma's Christmas Lights",
    id: "TapoStrip_3Gk6CmXOXbjCiwz9iD543C",
    custom: 0,
    brightness: 100,
    segments: [0],
    expansion_strategy: 1,
    type: "sequence",
    duration: 5000,
    transition: 100,
    direction: 1,
    spread: 1,
    repeat_times: 0,
    // The white one is not shown.
    display_colors: BULBS_ON_A_STRING.filter(([, saturation]) => saturation > 0),
    sequence: BULBS_ON_A_STRING.flatMap((bulb) => [bulb, [bulb[0], 0, 0], [bulb[0], 0, 0]]),
  },
  {
    ...SUN,
    name: "Sunrise",
    id: "TapoStrip_1OVSyXIsDxrt4j7OxyRvqi",
    display_colors: [
      [0, 0, 100],
      [30, 95, 100],
      [0, 100, 100],
    ],
    sequence: SUNRISE,
  },
  {
    ...SUN,
    name: "Sunset",
    id: "TapoStrip_5NiN0Y8GAUD78p4neKk9EL",
    display_colors: [
      [0, 100, 100],
      [30, 95, 100],
      [0, 0, 100],
    ],
    sequence: SUNSET,
  },
];
