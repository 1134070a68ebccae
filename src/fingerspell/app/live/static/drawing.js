// The hand, drawn over a picture.

// Over a picture that fills the canvas of `pen`; the joints are fractions of its sides.
function drawBones(pen, joints, bones) {
  const { width, height } = pen.canvas;
  const at = joints.map(([x, y]) => [x * width, y * height]);
  pen.lineCap = "round";
  for (const [color, thickness] of [["rgb(8 20 16 / 60%)", 6], ["#5fd0a8", 3]]) {
    Object.assign(pen, { strokeStyle: color, lineWidth: (thickness * width) / 640 });
    pen.beginPath();
    for (const [from, to] of bones) {
      pen.moveTo(...at[from]);
      pen.lineTo(...at[to]);
    }
    pen.stroke();
  }
}

// What of a hand is off, a line through some of the joints; a dashed one, too, for who sees no colours.
function markOff(pen, joints, off) {
  const { width, height } = pen.canvas;
  pen.beginPath();
  for (const i of off) pen.lineTo(joints[i][0] * width, joints[i][1] * height);
  for (const [color, thickness, dash] of [["rgb(8 20 16 / 75%)", 12, []], ["#ffb02e", 7, [14, 6]]]) {
    Object.assign(pen, { strokeStyle: color, lineWidth: (thickness * width) / 640, lineJoin: "round" });
    pen.setLineDash(dash.map((length) => (length * width) / 640));
    pen.stroke();
  }
  pen.setLineDash([]);
}
