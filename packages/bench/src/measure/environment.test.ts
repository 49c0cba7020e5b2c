import { expect, it } from "vitest";
import { describeMachine } from "./environment";

const machine = (files: Readonly<Record<string, string>>) => describeMachine((path) => files[path]);

it("reads vector width, governor, container and cards from what Linux says", () => {
  const server = machine({
    "/proc/cpuinfo": "processor : 0\nflags\t\t: fpu sse2 avx avx2 avx512f\n",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    "/proc/1/cgroup": "0::/kubepods/besteffort/pod1\n",
    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n",
    "/proc/driver/nvidia/gpus": "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 24\n",
  }); // prettier-ignore
  expect(server).toMatchObject({ vector_bits: 512, governor: "powersave", container: "kubepods", gpus: ["NVIDIA H100 80GB HBM3, driver 580.65.06"] }); // prettier-ignore
  expect(machine({ "/proc/cpuinfo": "Features\t: fp asimd evtstrm\n" }).vector_bits).toBe(128);
  const plain = machine({});
  for (const field of ["vector_bits", "governor", "gpus"]) expect(plain).not.toHaveProperty(field);
  expect(plain.cores).toBeGreaterThan(0);
});
