// The browser's own decoder. Its 2D canvas multiplies colours by alpha, which loses them; where there is any
// alpha they are read back through WebGL, which does not.
import { CajalError, tensor } from "@cajal/core";
import type { Image } from "../../images/image";
import { orientationOf, turned } from "./orientation";

export async function decodeInBrowser(
  bytes: Uint8Array,
  { upright, name }: { upright: boolean; name: string },
): Promise<Image<"uint8">> {
  // Browsers turn JPEGs and PNGs also where they are told "none" (the standard has dropped it), and WebPs never.
  const orientation = orientationOf(bytes);
  const stored = (orientation?.stored ?? bytes) as Uint8Array<ArrayBuffer>;
  const bitmap = await createImageBitmap(new Blob([stored]), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
    imageOrientation: upright ? "from-image" : ("none" as ImageOrientation),
  }).catch((cause: unknown) => {
    throw new CajalError(
      "bad-file",
      `${name}: the browser cannot decode it. It is no image that it knows, truncated or damaged.`,
      { name, length: bytes.length },
      { cause },
    );
  });
  try {
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new CajalError("no-device", `${name}: the browser gives no 2D canvas.`);
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, width, height).data;
    const opaque = rgba.every((value, i) => i % 4 !== 3 || value === 255);
    const pixels = opaque ? rgba : readByWebGl(bitmap, name);
    const out = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; to < out.length; from += 4) {
      out[to++] = pixels[from]!;
      out[to++] = pixels[from + 1]!;
      out[to++] = pixels[from + 2]!;
    }
    const image = tensor("uint8", [height, width, 3], out);
    return upright && orientation ? turned(image, orientation.value) : image;
  } finally {
    bitmap.close();
  }
}

function readByWebGl(bitmap: ImageBitmap, name: string): Uint8Array {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!gl || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE))
    throw new CajalError(
      "unsupported",
      `${name}: it is partly transparent, and this browser gives no WebGL 2 to read its colours with at ${width} × ${height}. Save it without alpha.`,
      { name, width, height },
    );
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  const texture = gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture;
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const pixels = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return pixels;
}
