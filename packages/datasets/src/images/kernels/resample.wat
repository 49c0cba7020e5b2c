;; Pillow's two resampling passes over uint8 (src/libImaging/Resample.c):
;; pixel = clip((2^21 + sum of weight * pixel) >> 22, 0, 255).
;;
;; Weights have more than the 16 bits of the product that adds pairs (i32x4.dot_i16x8_s): weight = 2^15 high + low, low
;; without a sign, and so has the sum, modulo 2^32 as Pillow's own. Taps come in pairs, of two words: two lows, two
;; highs; the last of an odd number is followed by one of weight 0, for which what lies behind the pixels is read.
;;
;; Both passes write up to 16 bytes beyond what they make, which what they make next overwrites; a line has 4 bytes at
;; least. Compiled by scripts/compileWat.mjs into resample.wasm.ts.
(module
  (memory (export "memory") 1)

  ;; Of the first 8 bytes the two pixels, channel by channel, as 16 bits each; for 1 to 4 channels.
  (data (i32.const 0)
    "\00\ff\01\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff"
    "\00\ff\02\ff\01\ff\03\ff\ff\ff\ff\ff\ff\ff\ff\ff"
    "\00\ff\03\ff\01\ff\04\ff\02\ff\05\ff\ff\ff\ff\ff"
    "\00\ff\04\ff\01\ff\05\ff\02\ff\06\ff\03\ff\07\ff")

  ;; For `rows` rows from source and out on, and as many that begin `apart` and `outApart` behind, for every output
  ;; position x: the weighted sum of 2 * pairs pixels from first[x] on. Two rows at a time, because weights are read once
  ;; then, and two times at least; for one row alone both distances are 0. A pixel has up to 4 channels; of fewer the
  ;; other sums come to nothing.
  (func (export "across")
    (param $source i32) (param $rows i32) (param $line i32) (param $apart i32) (param $channels i32)
    (param $size i32) (param $first i32) (param $pairs i32) (param $weights i32)
    (param $out i32) (param $outApart i32)
    (local $x i32) (local $at i32) (local $w i32) (local $end i32) (local $step i32) (local $all i32)
    (local $second i32) (local $kept i32)
    (local $mask v128) (local $a v128) (local $b v128) (local $weight v128)
    (local $aLow v128) (local $aHigh v128) (local $bLow v128) (local $bHigh v128)
    (local.set $mask (v128.load (i32.shl (i32.sub (local.get $channels) (i32.const 1)) (i32.const 4))))
    (local.set $step (i32.shl (local.get $channels) (i32.const 1)))
    (local.set $pairs (i32.shl (local.get $pairs) (i32.const 3)))
    (local.set $all (local.get $rows))
    (local.set $second (i32.add (local.get $out) (local.get $outApart)))
    (loop $lines
      (local.set $x (i32.const 0))
      (local.set $w (local.get $weights))
      (loop $columns
        (local.set $at (i32.add (local.get $source)
          (i32.mul (i32.load (i32.add (local.get $first) (i32.shl (local.get $x) (i32.const 2)))) (local.get $channels))))
        (local.set $end (i32.add (local.get $w) (local.get $pairs)))
        (local.set $aLow (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $bLow (local.get $aLow))
        (local.set $aHigh (v128.const i32x4 0 0 0 0))
        (local.set $bHigh (local.get $aHigh))
        (loop $taps
          (local.set $a (i8x16.swizzle (v128.load64_zero (local.get $at)) (local.get $mask)))
          (local.set $b (i8x16.swizzle (v128.load64_zero (i32.add (local.get $at) (local.get $apart))) (local.get $mask)))
          (local.set $weight (v128.load32_splat (local.get $w)))
          (local.set $aLow (i32x4.add (local.get $aLow) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight))))
          (local.set $bLow (i32x4.add (local.get $bLow) (i32x4.dot_i16x8_s (local.get $b) (local.get $weight))))
          (local.set $weight (v128.load32_splat offset=4 (local.get $w)))
          (local.set $aHigh (i32x4.add (local.get $aHigh) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight))))
          (local.set $bHigh (i32x4.add (local.get $bHigh) (i32x4.dot_i16x8_s (local.get $b) (local.get $weight))))
          (local.set $at (i32.add (local.get $at) (local.get $step)))
          (local.set $w (i32.add (local.get $w) (i32.const 8)))
          (br_if $taps (i32.lt_u (local.get $w) (local.get $end))))
        (local.set $a (i16x8.narrow_i32x4_s
          (i32x4.shr_s (i32x4.add (local.get $aLow) (i32x4.shl (local.get $aHigh) (i32.const 15))) (i32.const 22))
          (i32x4.shr_s (i32x4.add (local.get $bLow) (i32x4.shl (local.get $bHigh) (i32.const 15))) (i32.const 22))))
        (local.set $a (i8x16.narrow_i16x8_u (local.get $a) (local.get $a)))
        (v128.store32_lane 0 (local.get $out) (local.get $a))
        (v128.store32_lane 1 (i32.add (local.get $out) (local.get $outApart)) (local.get $a))
        (local.set $out (i32.add (local.get $out) (local.get $channels)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $x) (local.get $size))))
      ;; Where the second rows begin the first are written beyond their end, so that is put back.
      (if (i32.eq (local.get $rows) (local.get $all)) (then (local.set $kept (i32.load (local.get $second)))))
      (local.set $source (i32.add (local.get $source) (local.get $line)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $lines (local.get $rows)))
    (i32.store (local.get $second) (local.get $kept)))

  ;; For every output row y: the weighted sum of 2 * pairs[y] rows of `line` bytes from first[y] on, 16 bytes at a time.
  (func (export "down")
    (param $source i32) (param $line i32)
    (param $size i32) (param $first i32) (param $pairs i32) (param $weights i32) (param $stride i32)
    (param $out i32)
    (local $y i32) (local $x i32) (local $top i32) (local $at i32) (local $w i32) (local $begin i32) (local $end i32)
    (local $low v128) (local $high v128) (local $weightLow v128) (local $weightHigh v128) (local $pixels v128)
    (local $aLow v128) (local $bLow v128) (local $cLow v128) (local $dLow v128)
    (local $aHigh v128) (local $bHigh v128) (local $cHigh v128) (local $dHigh v128)
    (loop $rows
      (local.set $top (i32.add (local.get $source)
        (i32.mul (i32.load (i32.add (local.get $first) (i32.shl (local.get $y) (i32.const 2)))) (local.get $line))))
      (local.set $begin (i32.add (local.get $weights) (i32.mul (i32.shl (local.get $y) (i32.const 3)) (local.get $stride))))
      (local.set $end (i32.add (local.get $begin)
        (i32.shl (i32.load (i32.add (local.get $pairs) (i32.shl (local.get $y) (i32.const 2)))) (i32.const 3))))
      (local.set $x (i32.const 0))
      (loop $columns
        (local.set $at (i32.add (local.get $top) (local.get $x)))
        (local.set $w (local.get $begin))
        (local.set $aLow (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $bLow (local.get $aLow))
        (local.set $cLow (local.get $aLow))
        (local.set $dLow (local.get $aLow))
        (local.set $aHigh (v128.const i32x4 0 0 0 0))
        (local.set $bHigh (local.get $aHigh))
        (local.set $cHigh (local.get $aHigh))
        (local.set $dHigh (local.get $aHigh))
        (block $done
          (loop $taps
            (br_if $done (i32.ge_u (local.get $w) (local.get $end)))
            (local.set $weightLow (v128.load32_splat (local.get $w)))
            (local.set $weightHigh (v128.load32_splat offset=4 (local.get $w)))
            (local.set $low (v128.load (local.get $at)))
            (local.set $pixels (v128.load (i32.add (local.get $at) (local.get $line))))
            (local.set $high (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $low) (local.get $pixels)))
            (local.set $low (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $low) (local.get $pixels)))
            (local.set $pixels (i16x8.extend_low_i8x16_u (local.get $low)))
            (local.set $aLow (i32x4.add (local.get $aLow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightLow))))
            (local.set $aHigh (i32x4.add (local.get $aHigh) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightHigh))))
            (local.set $pixels (i16x8.extend_high_i8x16_u (local.get $low)))
            (local.set $bLow (i32x4.add (local.get $bLow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightLow))))
            (local.set $bHigh (i32x4.add (local.get $bHigh) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightHigh))))
            (local.set $pixels (i16x8.extend_low_i8x16_u (local.get $high)))
            (local.set $cLow (i32x4.add (local.get $cLow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightLow))))
            (local.set $cHigh (i32x4.add (local.get $cHigh) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightHigh))))
            (local.set $pixels (i16x8.extend_high_i8x16_u (local.get $high)))
            (local.set $dLow (i32x4.add (local.get $dLow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightLow))))
            (local.set $dHigh (i32x4.add (local.get $dHigh) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weightHigh))))
            (local.set $at (i32.add (local.get $at) (i32.shl (local.get $line) (i32.const 1))))
            (local.set $w (i32.add (local.get $w) (i32.const 8)))
            (br $taps)))
        (v128.store (i32.add (local.get $out) (local.get $x))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (i32x4.add (local.get $aLow) (i32x4.shl (local.get $aHigh) (i32.const 15))) (i32.const 22))
              (i32x4.shr_s (i32x4.add (local.get $bLow) (i32x4.shl (local.get $bHigh) (i32.const 15))) (i32.const 22)))
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (i32x4.add (local.get $cLow) (i32x4.shl (local.get $cHigh) (i32.const 15))) (i32.const 22))
              (i32x4.shr_s (i32x4.add (local.get $dLow) (i32x4.shl (local.get $dHigh) (i32.const 15))) (i32.const 22)))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $x) (local.get $line))))
      (local.set $out (i32.add (local.get $out) (local.get $line)))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $y) (local.get $size))))))
