// The booth of /me/enrol: camera, guide and clock. It puts one clip into the form's own file field; the form works
// without it.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const form = at("answer"), field = at("recording"), booth = at("booth");
  if (!form || !field || !booth) return;

  // --- the form, however the file came into it

  field.addEventListener("change", () => {
    const file = field.files[0];
    field.setCustomValidity(file && file.size > Number(field.dataset.bytes) ? field.dataset.large : "");
    field.reportValidity();
  });
  form.addEventListener("submit", () => {
    at("checking").hidden = false;
    at("checking").scrollIntoView({ block: "nearest" });
    // After the form was read, so that its own button is not left out; nobody means to send it twice.
    setTimeout(() => { at("upload").disabled = at("again").disabled = true; });
  });
  addEventListener("pageshow", () => {
    at("checking").hidden = true;
    at("upload").disabled = at("again").disabled = false;
  });

  // --- how long the digits are good; by seconds left, since clocks differ

  const left = at("left"), ends = performance.now() + 1000 * Number(left.dataset.left);
  const tell = () => {
    const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
    left.querySelector("strong").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!seconds && !running() && at("checking").hidden) location.reload();
  };
  tell();
  left.hidden = false;
  setInterval(tell, 1000);

  // --- the booth

  const TYPES = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
  const LOOK = 1500, DIGIT = 1100, TURN = 2000, BACK = 1800, LEAST = 6000;
  const mirror = at("mirror"), review = at("review"), cue = at("cue"), clock = at("clock");
  let stream = null, recorder = null, started = 0, timers = [];
  const running = () => recorder !== null && recorder.state === "recording";

  const say = (key) => { at("said").textContent = booth.dataset[key]; };
  const show = (...ids) => {
    for (const id of ["open", "start", "stop", "again", "clock"]) at(id).hidden = !ids.includes(id);
  };
  const screen = (element) => {
    for (const one of [mirror, review]) one.hidden = one !== element;
  };
  const quiet = () => {
    timers.forEach(clearTimeout);
    timers = [];
    cue.hidden = true;
    document.querySelectorAll("[data-cue]").forEach((one) => one.classList.remove("now"));
  };
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = mirror.srcObject = null;
  };

  const open = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" },
        audio: { channelCount: { ideal: 1 } },
      });
    } catch (error) {
      say({ NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "taken" }[error.name] || "missing");
      show("open");
      return;
    }
    mirror.srcObject = stream;
    screen(mirror);
    await mirror.play();
    say("ready");
    show("start");
    at("start").focus();
  };

  const later = (milliseconds, act) => timers.push(setTimeout(act, milliseconds));
  const guide = () => {
    let when = LOOK;
    for (const item of document.querySelectorAll("[data-cue]")) {
      const turn = item.dataset.cue === "turn", words = item.textContent.trim();
      later(when, () => {
        document.querySelectorAll("[data-cue]").forEach((one) => one.classList.toggle("now", one === item));
        cue.textContent = words;
        cue.hidden = false;
      });
      when += turn ? TURN : DIGIT;
      if (turn) later(when, () => { cue.textContent = "Straight ahead"; });
      when += turn ? BACK : 0;
    }
    later(when, () => {
      quiet();
      cue.textContent = "Press Done";
      cue.hidden = false;
    });
  };
  const tick = () => {
    if (!running()) return;
    const seconds = Math.floor((performance.now() - started) / 1000), most = Number(booth.dataset.seconds) - 2;
    clock.textContent = `${seconds} s of at most ${most}`;
    if (seconds >= most) recorder.stop();
    else setTimeout(tick, 250);
  };

  const start = () => {
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
    const parts = [];
    recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 2500000 });
    recorder.ondataavailable = (event) => { if (event.data.size) parts.push(event.data); };
    recorder.onerror = () => { parts.length = 0; };
    recorder.onstop = () => finish(new Blob(parts, { type: recorder.mimeType }));
    started = performance.now();
    recorder.start();
    say("running");
    show("stop", "clock");
    at("stop").focus();
    guide();
    tick();
  };

  const finish = (clip) => {
    const lasted = performance.now() - started;
    quiet();
    if (!clip.size || lasted < LEAST) {
      say(clip.size ? "short" : "broken");
      show("start");
      return;
    }
    close();
    const files = new DataTransfer();
    files.items.add(new File([clip], clip.type.includes("mp4") ? "recording.mp4" : "recording.webm", { type: clip.type }));
    field.files = files.files;
    field.dispatchEvent(new Event("change"));
    review.src = URL.createObjectURL(clip);
    screen(review);
    say("done");
    show("again");
    review.focus();
  };

  const again = () => {
    review.pause();
    URL.revokeObjectURL(review.src);
    review.removeAttribute("src");
    field.value = "";
    show();
    open();
  };

  if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder && window.DataTransfer) {
    booth.hidden = false;
    at("open").addEventListener("click", open);
    at("start").addEventListener("click", start);
    at("stop").addEventListener("click", () => recorder.stop());
    at("again").addEventListener("click", again);
    addEventListener("pagehide", close);
  }
})();
