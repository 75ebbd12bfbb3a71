// The settings: what the controls say, and the address's fragment that holds them.

const MOST_OF_A_LINK = 100_000; // characters of a fragment: any text fits
const FRAGMENT_NUMBERS = ["bias", "speed", "seed", "pen", "width", "spacing"];
const FRAGMENT_SWITCHES = ["smooth", "thinking"];
const NAMED_INKS = /^(#[0-9a-f]{6})?$/;

const byId = (id) => document.getElementById(id);
const readNumber = (id) => {
  const input = byId(id);
  const value = input.valueAsNumber;
  const within = Math.min(Math.max(value, Number(input.min)), Number(input.max));
  return Number.isFinite(value) ? within : Number(input.defaultValue);
};
const inkColor = () =>
  byId("ink").value === "own" ? byId("color").value : byId("ink").value;
const chosenStyle = () =>
  document.querySelector('input[name="style"]:checked')?.value ?? "";

// The fragment that says all this.
function writeFragment() {
  const values = new URLSearchParams({text: byId("text").value});
  for (const id of FRAGMENT_NUMBERS) values.set(id, readNumber(id));
  for (const id of FRAGMENT_SWITCHES) values.set(id, Number(byId(id).checked));
  values.set("ink", inkColor());
  if (chosenStyle() !== "own") values.set("style", chosenStyle());
  return `#${values}`;
}

function showFragment(fragment) {
  try {
    history.replaceState(null, "", fragment);
  } catch {
    // Some browsers allow but so many changes of the address in half a minute.
  }
}

// Sets the controls to what a fragment says; what is not ours is left alone.
// Returns whether there is a text in it.
function readFragment(fragment) {
  const values = new URLSearchParams(fragment.slice(1, MOST_OF_A_LINK + 1));
  for (const id of FRAGMENT_NUMBERS) {
    const value = Number(values.get(id));
    const input = byId(id);
    if (values.get(id)?.trim() && Number.isFinite(value)) {
      const within = Math.min(Math.max(value, input.min), input.max);
      input.value = id === "seed" ? Math.round(within) : within;
    }
  }
  for (const id of FRAGMENT_SWITCHES) {
    if (["0", "1"].includes(values.get(id))) byId(id).checked = values.get(id) === "1";
  }
  const ink = values.get("ink");
  if (ink !== null && NAMED_INKS.test(ink)) chooseInk(ink);
  const style = [...document.getElementsByName("style")].find(
    ({value}) => value === values.get("style"));
  if (style) style.checked = true;
  const text = values.get("text");
  if (text?.trim()) byId("text").value = [...text].slice(0, MOST_CHARACTERS).join("");
  return Boolean(text?.trim());
}

function chooseInk(color) {
  const select = byId("ink");
  select.value = color;
  if (select.value !== color) {
    select.value = "own";
    byId("color").value = color;
  }
  byId("ownInk").hidden = select.value !== "own";
}
