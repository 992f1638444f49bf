"""Radiology reports and what is read of them. Each row: the text, and the readings in a short form.

A lesion is "segments lobe longest-diameter-in-cm largest near ... ?", the question mark for any doubt and "-" for no segment; a count is
"#low-high"; then "one_lobe", "both_lobes", "none". `LEFT` rows also name the words that were left alone.
"""

# ruff: noqa: E501  (reports are quoted as they are written)

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS, FoundLesion, ReportReader, load_report_words
from wayline.reading import WaylineError, read

CONTENT = Path(__file__).parents[2] / "content"
PLACES = [row["id"] for row in read(CONTENT / "vocabulary" / "lesion_places.yaml")["places"]]
READER = ReportReader(load_report_words(CONTENT / "liver" / "report_words.yaml", PLACES))


def short(lesion: FoundLesion) -> str:
    parts = ["/".join(lesion.segments) or "-"]
    parts += [lesion.lobe] if lesion.lobe else []
    parts += [f"{lesion.size.longest_diameter_cm:g}"] if lesion.size else []
    parts += ["largest"] if lesion.is_largest else []
    parts += sorted(where for where, _span in lesion.near)
    parts += ["?"] if lesion.doubts else []
    return " ".join(parts)


def findings(text: str) -> list[str]:
    reading = READER.read(text)
    found = [short(lesion) for lesion in reading.lesions]
    found += [f"#{count.at_least}-{'' if count.at_most is None else count.at_most}" for count in reading.count]
    found += [spread.value for spread in reading.distribution]
    return found + ["none" for _absence in reading.absence]


SEGMENTS_AND_SIZES = [
    ("There is a 3.4 x 2.1 cm hypodense lesion in segment VI of the liver.", ["6 3.4"]),
    ("Hypoattenuating lesion in seg. 4a measuring 34 x 21 mm.", ["4a 3.4"]),
    ("A metastasis in segment IVb measures 34 mm x 21 mm.", ["4b 3.4"]),
    ("Tumour in segment 8, 3,4 cm.", ["8 3.4"]),
    ("2.4cm lesion in hepatic segment VII.", ["7 2.4"]),
    ("Segment 4 metastasis measuring up to 2.4 cm.", ["4a/4b 2.4"]),
    ("Lesion at the junction of segments VII and VIII measures approx. 2 cm.", ["7/8 2"]),
    ("A lesion in segment 5/8 measures 2.1 x 1.8 x 2.0 cm.", ["5/8 2.1"]),
    ("LIVER: 1.5 cm metastasis in S8.", ["8 1.5"]),
    ("Metastasis in the caudate lobe measuring 2.2 cm.", ["1 2.2"]),
    ("A 1.9 cm liver lesion in the left lateral section.", ["2/3 1.9"]),
    ("A 1.9 cm lesion in the left medial segment of the liver.", ["4a/4b 1.9"]),
    ("Right posterior section liver metastasis, 3.0 cm.", ["6/7 3"]),
    ("Right anterior sector hepatic deposit measuring 28 mm.", ["5/8 2.8"]),
    ("2.4 x 1.8 cm (series 4, image 52) lesion in segment VI, SUV 8.4.", ["6 2.4"]),
    ("Segment 7 lesion with SUVmax 9.1 measures 16 mm (image 23/88).", ["7 1.6"]),
    ("Hepatic lesion in segment 2/3, 45 HU, 1.2 cm.", ["2/3 1.2"]),
    ("There is a liver lesion in segment 6 measuring 3.4 (AP) x 2.1 (TR) x 2.0 (CC) cm.", ["6 3.4"]),
    ("2.4 by 1.9 centimetre lesion in the right lobe of the liver.", ["- right 2.4"]),
    ("Subcentimeter lesion in segment 3 of the liver.", ["3 ?"]),
    ("Metastases in segments 2, 4a and 8.", ["2", "4a", "8"]),
    ("Liver metastasis in segment IVA/IVB measuring 5.2 cm.", ["4a/4b 5.2"]),
    ("VII segment metastasis measuring 18 mm.", ["7 1.8"]),
]
SEVERAL = [
    ("Lesions in segments 5 (2.2 cm), 6 (1.1 cm) and 8 (3.4 cm).", ["5 2.2", "6 1.1", "8 3.4"]),
    ("Two lesions in segment 6 measuring 2.4 and 1.8 cm.", ["6 2.4", "6 1.8", "#2-"]),
    ("Multiple hepatic metastases, the largest in segment 7 measures 4.1 cm.", ["7 4.1 largest", "#2-"]),
    ("For reference: 1. segment 6: 24 mm. 2. segment 7: 18 mm.", ["6 2.4", "7 1.8"]),
    ("Lesion 1 | Segment VI | 24 x 20 mm\nLesion 2 | Segment VII | 18 x 12 mm", ["6 2.4", "7 1.8"]),
    ("Lesion | Location | Current | Prior\n1 | Segment 6 | 24 mm | 18 mm\n2 | Segment 2 | 12 mm | 15 mm", ["6 2.4", "2 1.2"]),
    ("Liver lesions ranging from 5 mm to 3.4 cm.", ["- 3.4 largest"]),
    ("Multiple liver metastases measuring 1.2 to 3.4 cm.", ["- 3.4 largest", "#2-"]),
    ("2.4 cm lesion in segment 6 and 1.8 cm lesion in segment 7.", ["6 2.4", "7 1.8"]),
    ("Liver: Segment 2 lesion 1.2 cm; segment 8 lesion 3.1 cm.", ["2 1.2", "8 3.1"]),
    ("Hepatic metastases in segments 5, 6 and 8 measuring 2.2, 1.1 and 3.4 cm respectively.", ["5 2.2", "6 1.1", "8 3.4"]),
    ("Liver metastases, largest 4.1 cm in segment 7 and another in segment 4b measuring 2.2 cm.", ["7 4.1 largest", "4b 2.2"]),
    ("Two 8 mm lesions in segment 6 of the liver.", ["6 0.8", "6 0.8", "#2-"]),
    ("Lesions in segments 5 and 6, each measuring 1.2 cm.", ["5 1.2", "6 1.2"]),
    ("Metastases in segments 5 and 6, the larger measuring 2.4 cm.", ["5/6 2.4 ?"]),
    ("Two metastases in segment 6, the larger measuring 2.4 cm and the smaller 1.1 cm.", ["6 2.4", "6 1.1", "#2-"]),
]
EARLIER = [
    ("Segment 7 lesion measures 2.4 cm, previously 1.9 cm.", ["7 2.4"]),
    ("Liver lesion in segment 6 now 1.2 cm (was 2.4 cm).", ["6 1.2"]),
    ("Segment 5 metastasis 24 mm compared with 18 mm on 3/2/2026.", ["5 2.4"]),
    ("Segment 2 metastasis measures 2.1 cm, prior 1.9 cm.", ["2 2.1"]),
    ("Liver metastasis in segment 8 increased from 1.8 cm to 2.4 cm.", ["8 2.4"]),
    ("Liver metastasis in segment 8 has increased from 1.8 to 2.4 cm.", ["8 2.4"]),
    ("Segment 3 liver lesion decreased to 1.1 cm from 2.0 cm.", ["3 1.1"]),
    ("Segment 6 mass 3.2 cm (prior: 2.8 cm).", ["6 3.2"]),
    ("Unchanged 1.2 cm segment 4a lesion.", ["4a 1.2"]),
    ("Segment 7 metastasis previously measuring 3.1 x 2.8 cm now measures 2.2 x 1.9 cm.", ["7 2.2"]),
    ("Compared to the prior study, the segment 6 liver lesion measures 2.4 cm.", ["6 2.4"]),
    ("Segment 6 lesion, unchanged from prior at 1.2 cm.", ["6 1.2"]),
    ("Segment 6 lesion 1.9 cm previously, now 2.4 cm.", ["6 2.4"]),
    ("Segment 6 metastasis: 24 mm (12 Jan 2026: 18 mm).", ["6 2.4"]),
    ("Segment 8 lesion 2.6 cm; on the prior CT this measured 3.0 cm.", ["8 2.6"]),
    ("Previously seen segment 6 lesion measures 2.4 cm.", ["6 2.4"]),
    ("Segment 5 lesion 1.8 cm -> 2.4 cm.", ["5 2.4"]),
]
OTHER_ORGANS = [
    ("Right lower lobe nodule measures 8 mm.", []),
    ("Portacaval node 1.4 cm short axis.", []),
    ("The liver measures 18.2 cm in craniocaudal span.", []),
    ("Hepatomegaly, 21 cm.", []),
    ("CBD measures 7 mm. Portal vein measures 14 mm.", []),
    ("LUNGS: 6 mm nodule in the apical segment. Nodule in segment 6, 8 mm.", []),
    ("Left adrenal nodule 1.8 cm. Renal cyst 3 cm. Spleen 12.4 cm.", []),
    ("Esophageal mass measures 5.4 cm in length with liver metastasis in segment 6 of 2.4 cm.", ["6 2.4"]),
    ("8 mm nodule in the right lower lobe and a 2.4 cm lesion in segment 6 of the liver.", ["6 2.4"]),
    ("IMPRESSION: 2.4 cm mass.", []),
    ("The liver contains a 2.4 cm lesion. Spleen is normal. A 1.2 cm lesion is seen in the pancreas.", ["- 2.4"]),
    ("Segmented neutrophils 62. Segmental colitis with wall thickness of 1.5 cm.", []),
    ("L4 vertebral body lesion 1.4 cm; sclerotic focus in S1, 9 mm.", []),
    ("Gallstones up to 1.2 cm. Gallbladder polyp 5 mm.", []),
    ("Slice thickness 5 mm. Ablation margin of 1 cm is planned.", []),
    ("2.4 cm lesion in segment 6, 1 cm from the right portal vein.", ["6 2.4"]),
]
HARMLESS_AND_UNSURE = [
    ("2.4 cm simple cyst in segment 6.", []),
    ("Lesion in segment 6 measuring 2.4 cm, consistent with a hemangioma.", []),
    ("LIVER: 1.2 cm haemangioma in segment VII and a 3 cm metastasis in segment 2.", ["2 3"]),
    ("Focal fatty sparing adjacent to the gallbladder fossa, 2 cm, segment 4b.", []),
    ("Ablation zone in segment 8 measures 3.4 cm.", []),
    ("4 mm lesion in segment 2 of the liver, too small to characterize.", ["2 0.4 ?"]),
    ("Indeterminate 1.1 cm lesion in segment 5.", ["5 1.1 ?"]),
    ("1.4 cm lesion in segment 8 suspicious for metastasis.", ["8 1.4 ?"]),
    ("There is a 2.4 cm lesion in segment 6. This is most likely a cyst.", []),
    ("There is a 2.4 cm lesion in segment 6. It is indeterminate.", ["6 2.4 ?"]),
    ("2 cm segment 7 lesion, atypical for hemangioma.", ["7 2 ?"]),
]
NO_AND_HOW_MANY = [
    ("No focal hepatic lesion.", ["none"]),
    ("No new liver lesions.", []),
    ("Without evidence of hepatic metastases.", ["none"]),
    ("LIVER: No suspicious lesion. Normal size.", ["none"]),
    ("No lung or liver metastases.", ["none"]),
    ("Previously seen 1.2 cm segment 4a lesion is no longer visualized.", []),
    ("The segment 6 metastasis has resolved.", []),
    ("No change in the 2.4 cm lesion in segment 6.", ["6 2.4"]),
    ("Three hepatic metastases.", ["#3-3"]),
    ("At least 4 liver lesions.", ["#4-"]),
    ("More than 10 liver metastases.", ["#11-"]),
    ("Approximately 12 liver metastases.", []),
    ("Solitary liver metastasis in segment 6, 2.4 cm.", ["6 2.4", "#1-1"]),
    ("Innumerable hepatic metastases in both lobes.", ["#2-", "both_lobes"]),
    ("Bilobar liver metastases, too numerous to count.", ["#2-", "both_lobes"]),
    ("Liver metastases confined to the right lobe.", ["one_lobe"]),
    ("Metastases are seen throughout the liver.", ["both_lobes"]),
    ("2.4 cm metastasis in the right hepatic lobe.", ["- right 2.4"]),
]
NEAR = [
    ("2.4 cm lesion in segment 8 abutting the right hepatic vein.", ["8 2.4 hepatic_vein"]),
    ("Segment 1 metastasis, 2 cm, abuts the IVC and is close to the left portal vein branch.", ["1 2 portal_vein vena_cava"]),
    ("Subcapsular 1.8 cm metastasis in segment 6 adjacent to the gallbladder fossa.", ["6 1.8 capsule gallbladder"]),
    ("2 cm segment 4 lesion, not abutting the middle hepatic vein.", ["4a/4b 2"]),
    ("3 cm lesion in segment 7 clear of the IVC.", ["7 3"]),
    ("3 cm lesion in segment 8 near the dome.", ["8 3 diaphragm"]),
    ("3.5 cm central liver metastasis near the biliary confluence.", ["- 3.5 bile_duct"]),
    ("Segment 2 lesion of 1.5 cm abutting the stomach but sparing the left hepatic vein.", ["2 1.5 stomach"]),
    ("There is a 2.4 cm lesion in segment 8. It abuts the right hemidiaphragm.", ["8 2.4 diaphragm"]),
]
WHOLE_REPORTS = [
    (
        "FINDINGS:\nLUNGS: Clear. 4 mm nodule in the right middle lobe.\nLIVER: Two metastases. Segment VI: 2.4 x 1.8 cm (previously 2.0 cm)."
        " Segment II: 1.1 cm.\nSPLEEN: 11 cm.\nIMPRESSION:\n1. Liver metastases in segment VI (2.4 cm) and segment II (1.1 cm).\n2. No adenopathy.",
        ["6 2.4", "2 1.1", "#2-2"],
    ),
    (
        "The liver is enlarged, measuring 19 cm. There is a dominant mass in segment VIII measuring 6.2 x 5.4 cm, abutting the middle hepatic\n"
        "vein. A smaller lesion in segment III measures 1.4 cm. Gallbladder is normal. Left kidney: 2.2 cm cyst.",
        ["8 6.2 largest hepatic_vein", "3 1.4"],
    ),
    (
        "Liver: Multiple hypodense lesions in both lobes, consistent with metastases. The largest lies in segment 7 and measures 4.1 cm.\n\n"
        "Impression: Progressive hepatic metastases, largest 4.1 cm.",
        ["7 4.1 largest", "#2-", "both_lobes"],
    ),
    (
        "CT thorax, abdomen and pelvis. Clinical details: oesophageal cancer, 3 cm liver metastasis in segment 6 on outside CT.\n\n"
        "Comparison: CT 3/2/2026.\n\nThe primary oesophageal tumour measures 4.2 cm. Coeliac node 14 mm. Solitary liver deposit, segment 6,"
        " 28 mm (previously 33 mm). No lung nodules.",
        ["6 2.8", "#1-1"],
    ),
    (
        "HEPATOBILIARY: No focal hepatic lesion. Gallstones. CBD 6 mm.\nADRENALS: Left nodule 1.4 cm.\nBONES: 1 cm lesion in L2.",
        ["none"],
    ),
    (
        "MRI LIVER\nTechnique: 3 mm slices.\nFindings: There is a 14 mm lesion in segment 4b. It measured 10 mm on the prior MRI. A 9 mm cyst in"
        " segment 2.\nConclusion: Growth of the segment 4b metastasis to 14 mm.",
        ["4b 1.4"],
    ),
]
# Written after the rules were done, to see how well they carry over; 33 of these 40 were read right at first sight.
WRITTEN_AFTERWARDS = [
    ("New 2.1 cm hypoattenuating lesion in hepatic segment VI, consistent with metastasis.", ["6 2.1"]),
    ("Multiple new liver metastases, largest 4.8 cm in segment VII. Chest: no pulmonary metastases.", ["7 4.8 largest", "#2-"]),
    (
        "LIVER: The liver measures 17.4 cm in length. There is a 2.3 x 1.8 cm hypodense lesion in segment VII that was not present on prior study. Additional sub-centimeter hypodensities in segments IV and VI are too small to characterize.",
        ["7 2.3", "4a/4b ?", "6 ?"],
    ),
    ("Upper abdomen: A 21 mm hypodense lesion in hepatic segment VII, indeterminate.", ["7 2.1 ?"]),
    (
        "New 1.3 x 1 cm diffusion restricting lesion in hepatic segment IVb (series 27/image 56) likely representing a metastatic focus.",
        ["4b 1.3 ?"],
    ),
    (
        "Hepatic metastases have increased in number and size. For example, a segment 8 lesion now measures 3.6 x 3.1 cm, previously 2.2 x 2.0 cm (4:31). A new segment 2 lesion measures 1.4 cm.",
        ["8 3.6", "2 1.4"],
    ),
    ("There are at least five liver metastases. Index lesion in segment 5 measures 31 mm (prev 40 mm).", ["5 3.1 largest", "#5-"]),
    ("The previously described metastases in segments 6 and 7 are stable measuring 1.9 cm and 2.4 cm respectively.", ["6 1.9", "7 2.4"]),
    ("Liver: Normal contour. No focal lesions. Portal vein is patent. Gallbladder and biliary tree: Unremarkable.", ["none"]),
    (
        "FDG-avid lesion in segment 4a of the liver, SUVmax 11.2, measuring approximately 2.6 cm on CT. FDG-avid gastrohepatic node, 1.1 cm, SUVmax 6.",
        ["4a 2.6"],
    ),
    (
        "Two liver deposits: segment 3 (15 mm) and segment 6 (22 mm). Both have enlarged since the prior study (10 mm and 14 mm).",
        ["3 1.5", "6 2.2", "#2-2"],
    ),
    (
        "Ultrasound: Liver 15.6 cm, echotexture normal. In the right lobe there is a hypoechoic mass measuring 4.2 x 3.9 x 3.5 cm.",
        ["- right 4.2"],
    ),
    (
        "Segment VII lesion abuts the right hepatic vein and the IVC, measuring 3.8 cm in maximum axial dimension.",
        ["7 3.8 hepatic_vein vena_cava"],
    ),
    ("No evidence of metastatic disease in the chest, abdomen or pelvis.", []),
    ("No hepatic metastasis is identified. Small hepatic cysts are unchanged, the largest 1.2 cm in segment 2.", ["none"]),
    ("Stable 9 mm hypodensity in the hepatic dome, statistically likely a cyst but too small to characterise.", []),
    (
        "Interval decrease in size of liver metastases, e.g. 1.6 cm in segment 5 (previously 2.9 cm) and 0.8 cm in segment 2 (previously 1.5 cm).",
        ["5 1.6", "2 0.8"],
    ),
    (
        "The dominant segment 7/8 mass has reduced from 64 mm to 41 mm. Satellite nodule in segment 6 is no longer visible.",
        ["7/8 4.1 largest"],
    ),
    (
        "Three liver lesions are identified:\n- Segment II: 12 mm\n- Segment IVa: 20 mm, adjacent to the left portal vein\n- Segment VIII: 35 x 30 mm, subcapsular",
        ["2 1.2", "4a 2 portal_vein", "8 3.5 capsule", "#3-3"],
    ),
    ("Post right hepatectomy. In the remnant liver there is a 1.7 cm metastasis in segment 3.", ["3 1.7"]),
    (
        "HEPATOBILIARY SYSTEM: Diffuse steatosis. Peripherally enhancing mass in the left lobe, 5.1 x 4.4 cm, concerning for metastasis. No biliary dilatation.",
        ["- left 5.1 ?"],
    ),
    (
        "Liver: innumerable bilobar metastases, index lesions as follows. Segment 4B 5.5 cm (was 4.9 cm). Segment 6 3.3 cm (was 3.1 cm).",
        ["4b 5.5", "6 3.3", "#2-", "both_lobes"],
    ),
    ("2.2 cm right adrenal nodule. 3.1 cm lesion in the spleen. The liver is free of metastases.", ["none"]),
    ("There is a solitary 2.8-cm metastasis in segment V, close to the gallbladder.", ["5 2.8 gallbladder", "#1-1"]),
    ("Caudate lobe lesion measuring 2.0 cm encasing the intrahepatic IVC.", ["1 2 vena_cava"]),
    ("Ill-defined low density area in segment 4 adjacent to the falciform ligament, likely focal fat.", []),
    ("The lesion in segment 6 measures 18 mm today, 22 mm in March 2026 and 30 mm in December 2025.", ["6 1.8"]),
    ("Liver metastases limited to the left lobe, up to 3 cm.", ["- left 3 largest", "one_lobe"]),
    ("Lungs: right upper lobe mass 3.4 cm invading the mediastinum. Liver: 1.8 cm lesion segment 8, new.", ["8 1.8"]),
    (
        "Mildly enlarged liver at 19.5 cm. Scattered hepatic metastases, for instance 2.0 cm (segment 7, image 34) and 1.5 cm (segment 5, image 41).",
        ["7 2", "5 1.5", "#2-"],
    ),
    ("Segment 8 lesion has resolved completely. Remaining lesion in segment 6 has decreased from 2.6 to 1.3 cm.", ["6 1.3"]),
    (
        "Oesophageal tumour 6 cm long. Coeliac axis nodes up to 18 mm. Liver metastases segments 2, 5 and 8, largest 27 mm in segment 5.",
        ["2", "5 2.7 largest", "8"],
    ),
    ("A 3.0 cm heterogeneous mass arising from the right kidney abuts segment 6 of the liver.", []),
    (
        "1. Progression of hepatic metastatic disease. Reference lesion in segment 8, 5.0 x 4.1 cm versus 3.9 x 3.2 cm previously.\n2. Unchanged 8 mm pulmonary nodule.",
        ["8 5"],
    ),
    ("Target lesions: 1) liver seg 6, 24 mm 2) liver seg 3, 17 mm 3) left adrenal, 21 mm.", ["6 2.4", "3 1.7"]),
    ("Hypoechoic lesion seen in right lobe of liver measuring ~ 32 x 28 mm s/o metastasis.", ["- right 3.2"]),
    ("Microwave ablation cavity in segment 7 measures 3.6 x 3.0 cm without nodular enhancement.", []),
    ("Liver metastasis abutting but not invading the right hemidiaphragm, segment 7, 2.9 cm.", ["7 2.9 diaphragm"]),
    ("Both hepatic lobes contain numerous metastases measuring between 5 and 34 mm.", ["- 3.4 largest", "#2-", "both_lobes"]),
    ("Lesion in segment 5 is 2 cm away from the gallbladder and measures 1.4 cm.", ["5 1.4"]),
]
# A third set, written after the second was mended; 23 of 25 at first sight.
WRITTEN_LAST = [
    (
        "Liver: There are two hypovascular lesions, one in segment 6 measuring 2.2 cm and one in segment 2 measuring 1.4 cm.",
        ["6 2.2", "2 1.4", "#2-2"],
    ),
    (
        "There is a 35 mm metastasis within segment VIII which contacts the middle hepatic vein. Further 12 mm metastasis within segment III.",
        ["8 3.5 hepatic_vein", "3 1.2"],
    ),
    (
        "Hepatic segment VI mass, 4.4 x 3.9 cm, previously 5.0 x 4.2 cm, has decreased. Mass in segment II has increased, measuring 1.9 cm (previously 1.2 cm).",
        ["6 4.4", "2 1.9"],
    ),
    (
        "Liver metastases are again noted. 1. Segment 7: 2.1 x 1.7 cm (series 3 image 22), previously 2.5 x 2.0 cm. 2. Segment 4A: 1.1 cm (series 3 image 30), previously 1.4 cm.",
        ["7 2.1", "4a 1.1"],
    ),
    ("No suspicious focal liver lesion. Subcentimeter cyst in segment 7. Spleen normal in size at 10 cm.", ["none"]),
    (
        "Ill-defined hypodense mass involving segments V and VIII measuring 8.3 x 7.1 cm, abutting the gallbladder fossa and hepatic flexure.",
        ["5/8 8.3 bowel gallbladder"],
    ),
    (
        "The liver has a lobulated contour. A rim-enhancing lesion, 2.6 cm in diameter, is located in the left lobe (segment III).",
        ["3 left 2.6"],
    ),
    ("Unchanged small hypodensity in segment 6 measuring 6 mm, too small to characterize, likely a cyst.", []),
    (
        "PET/CT: Intense uptake in a 2.9 cm segment 5 liver metastasis (SUVmax 12.3, previously 8.1). No abnormal uptake elsewhere in the liver.",
        ["5 2.9"],
    ),
    ("HEPATIC METASTASES: PROGRESSION. SEGMENT 7 LESION 4.4 CM, PREVIOUSLY 3.1 CM. NEW LESION IN SEGMENT 4B, 1.0 CM.", ["7 4.4", "4b 1"]),
    ("Liver: 2 lesions, largest 18 x 16 mm in seg VII; the other, 9 mm, in seg V.", ["7 1.8 largest", "5 0.9", "#2-2"]),
    ("Multiple metastases in the right lobe of the liver, the largest of which measures 5.5 cm in segment 6.", ["6 5.5 largest", "#2-"]),
    ("Biopsy-proven liver metastasis in segment 8 now measures 15 mm compared with 22 mm.", ["8 1.5"]),
    ("There is no focal liver lesion. The portal vein measures 13 mm. There is a 3.1 cm left renal cyst.", ["none"]),
    ("The liver lesions have all decreased: seg 2 from 20 mm to 14 mm, seg 6 from 31 mm to 22 mm.", ["2 1.4", "6 2.2"]),
    ("A 1.5 cm lesion is seen in the posterior right hepatic lobe near the inferior vena cava.", ["- right 1.5 vena_cava"]),
    ("Liver: Segment 6/7 metastasis (42 mm) with capsular retraction. Segment 3 metastasis (8 mm).", ["6/7 4.2", "3 0.8"]),
    ("2.0 cm segment 7 lesion, not seen on the prior study.", ["7 2"]),
    ("Up to 6 liver metastases, all smaller than 3 cm.", ["#1-6"]),
    ("Residual metastasis at segment 4b measures 0.9 cm; earlier metastases in segments 5 and 6 have resolved.", ["4b 0.9"]),
    ("Metastatic lesion in the dome of the liver (segment 8), 3.3 cm, close to the heart.", ["8 3.3 diaphragm heart"]),
    ("Several hepatic lesions are seen, e.g. segment 2 (13 mm), segment 5 (27 mm), both unchanged.", ["2 1.3", "5 2.7", "#2-"]),
    ("Adjacent to the gallbladder there is a 1.7 cm nodule in segment 5.", ["5 1.7 gallbladder"]),
    ("Pancreas: 1.1 cm cyst. Liver: scattered cysts up to 2.1 cm. No metastases.", ["none"]),
    ("Enlarged portal nodes, 2.1 cm. Confluent hepatic mass replacing the right lobe, 12.5 cm.", ["- right 12.5"]),
]
# Causes that a set of 130 reports in other hospitals' wordings brought up; these rows are others of the same kind.
OF_BEFORE = [
    ("Segment 2 metastasis 16 mm (prev. 21 mm).", ["2 1.6"]),
    ("Segment 7 (prev. 3.4 cm) now 2.8 cm.", ["7 2.8"]),
    ("Segment 3 metastasis 14 mm (previously 22).", ["3 1.4"]),
    ("Segment 7 metastasis 19 mm (nadir 12 mm).", ["7 1.9"]),
    ("The 3.1 cm segment 5 metastasis has shrunk, now 9 mm.", ["5 0.9"]),
    ("Segment 2 lesion 3.1 cm, segment 5 lesion now 9 mm.", ["2 3.1", "5 0.9"]),
    ("The segment 4b metastasis has grown by 6 mm.", ["4b"]),
    ("Segment 4b metastasis, 5 mm larger, at 24 mm.", ["4b 2.4"]),
    ("Sum of the liver lesions 71 mm. Segment 3 metastasis 15 mm.", ["3 1.5"]),
    ("On the previous MRI there were lesions in segment 3 (1.1 cm) and segment 4a (2.0 cm).", []),
    ("On the prior CT a 1.8 cm lesion was seen in segment 7. This has resolved.", []),
    ("There were 4 hepatic lesions on the prior MRI.", []),
    ("Of the five liver metastases seen previously, only that in segment 8 remains.", ["8"]),
    ("CT 12/01/2026: liver metastasis in segment 6, 3.3 cm.\nCT 20/05/2026: liver metastasis in segment 6, 2.1 cm.", ["6 2.1"]),
    ("MRI 20 May 2026: segment 6 metastasis 2.1 cm.\nMRI 12 Jan 2026: segment 6 metastasis 3.3 cm.", ["6 2.1"]),
    ("CT 14/02: segment 6 metastasis 3.3 cm.\nCurrent CT 20/05: segment 6 metastasis 2.1 cm.", ["6 2.1"]),
    ("CT 05/2026: segment 6 metastasis 2.1 cm.\nCT 01/2026: segment 6 metastasis 3.3 cm.", ["6 2.1"]),
    ("2026-05-20: segment 6 metastasis 2.1 cm.\n2026-01-12: segment 6 metastasis 3.3 cm.", ["6 2.1"]),
    ("CT 02/03/2026: segment 6 metastasis 3.3 cm.\nCT 03/02/2026: segment 6 metastasis 2.1 cm.", []),
    ("CT 14/02: segment 6 metastasis 3.3 cm.\nCT 20/05/2026: segment 6 metastasis 2.1 cm.", []),
    ("CT 20/05/2026 showed a segment 6 metastasis of 2.1 cm.", ["6 2.1"]),
    ("Segment 5 lesion: 19 mm (20.05.2026), 27 mm (12.01.2026).", ["5"]),
]
OF_BEFORE_TOO = [
    ("Segment 7 metastasis 2.3 cm (4/38), previously 2.9 cm.", ["7 2.3"]),
    ("The 2.3 cm segment 7 metastasis is slightly larger than the 1.9 cm measured previously.", ["7 2.3"]),
    ("Liver: segment 3 mass not visible, prior 0.8 cm.", []),
    ("2.3 cm segment 7 metastasis, not visible on the prior study.", ["7 2.3"]),
    ("2.3 cm segment 7 metastasis, previously not visible.", ["7 2.3"]),
]
COLUMNS = [
    ("Lesion | Site | Baseline (mm) | Now (mm)\nA | Liver segment 7 | 36 | 21\nB | Liver segment 3 | 17 | 11", ["7 2.1", "3 1.1"]),
    ("Lesion | Visit 1 | Visit 2\nLiver segment 7 | 36 mm | 21 mm", []),
    ("Liver segment 7 metastasis   36 mm   29 mm   21 mm", ["7"]),
    ("Lesion 1\n  Site: segment 4a\n  Size: 26 x 21 mm\nLesion 2\n  Site: segment 8\n  Size: 9 mm", ["4a 2.6", "8 0.9"]),
    ("Liver metastases: segment 3; segment 6.", ["3", "6"]),
    ("Liver SOLs: Rt lobe 4.1 x 3.6 cms, Lt lobe 2.0 x 1.7 cms.", ["- right 4.1", "- left 2"]),
    ("Number of liver lesions: 5", ["#5-5"]),
    ("Liver lesion, segment 8, 3.2 cm, contains calcium and is rather well defined\nSpleen\nNormal, 11 cm.", ["8 3.2"]),
]
WHAT_IT_IS = [
    ("Segment 3: 6 mm, no enhancement - cyst.", []),
    ("Lesions in segment 3 (1.8 cm) and segment 8 (0.7 cm) are both cysts.", []),
    ("Segment 3 (1.8 cm, metastasis) and segment 8 (0.7 cm, cyst) lesions.", []),
    ("Lesions: 1.8 cm in segment 3 (metastasis) and 0.7 cm in segment 8 (cyst).", ["3 1.8 ?"]),
    ("0.7 cm lesion in segment 8, hemangioma.", []),
    ("0.7 cm lesion in segment 8, hemangioma versus metastasis.", ["8 0.7 ?"]),
    ("0.7 cm lesion in segment 8. Differential includes adenoma and metastasis.", ["8 0.7 ?"]),
    ("A 2.6 cm segment 6 lesion has peripheral nodular enhancement, diagnostic of a cavernous hemangioma.", []),
    ("Liver: 2.6 cm hemangioma in segment 6. There is a similar 9 mm lesion in segment 3.", []),
    ("Segment 8: 12 mm, metastasis. A further 5 mm lesion with the same look as the former is seen in segment 2.", ["8 1.2", "2 0.5"]),
    ("Segment 2 lesion treated with microwave ablation, 3.0 cm, no residual enhancement.", []),
    ("Segment 2 lesion post ablation with residual tumor of 1.1 cm.", ["- 1.1"]),
    ("Sutures in segment 3. Sparing of segment 4. Retraction in segment 7.", []),
    ("Metastases in all segments except segment 1.", []),
    ("Wire in segment 8, 4 mm.", ["8 0.4 ?"]),
    ("Clips in segment 8, 4 mm.", []),
    ("1.3 cm metastasis in segment 6 next to a 3.4 cm cyst in segment 5.", ["6 1.3"]),
    ("1.3 cm metastasis in segment 6 next to the larger metastasis in segment 5 of 3.3 cm.", ["6 1.3", "5 3.3"]),
    ("Recurrence in segment 8, 1.2 cm, along the 3.0 cm cavity.", ["8 1.2"]),
    ("Lesions of 1 cm or less in segments 2 and 5.", ["2 ?", "5 ?"]),
    ("Liver lesions: 3.2 cm (VI), 1.9 cm (IVa) and 0.8 cm (II).", ["6 3.2", "4a 1.9", "2 0.8"]),
    ("1.2 cm segment 8 lesion, unchanged for years, benign.", ["8 1.2 ?"]),
    ("Segment 7 metastasis, SUVmax 9.4, 1.7 cm.", ["7 1.7"]),
    ("Segment 7: 2.1 cm T2 bright lesion.", ["7 2.1"]),
    ("The segment 7 metastasis has all but disappeared, 4 mm.", ["7 0.4"]),
    ("The segment 7 lesion is not appreciated on this study.", []),
    ("Lesions in segment 7 (resolved) and segment 5 (14 mm).", ["5 1.4 ?"]),
    ("Hepatic metastases in segment 2 (2.4 cm) and segment 8 (ablated).", ["2 2.4 ?"]),
    ("Nodules in segment 3 of under 1 cm.", ["3 ?"]),
    ("Confluent metastases in the left lobe over 9 x 7 cm.", ["- left 9 ?"]),
]
WHICH_ORGAN = [
    ("There is a segment 3 liver metastasis, 1.4 cm. The tumor measures 5.5 cm.", ["3 1.4"]),
    ("Liver: segment 3 metastasis, 1.4 cm. The mass at the GOJ measures 5.5 cm.", ["3 1.4"]),
    ("Segment 3 metastasis, 1.4 cm. Another lesion in L3, 2.2 cm.", ["3 1.4"]),
    ("2.2 cm nodule in the left lobe of the thyroid.", []),
    ("The thyroid is enlarged. There is a 2.2 cm nodule in the left lobe.", []),
    ("There is a mass within the left lobe measuring 3.8 cm.", ["- left 3.8"]),
    ("Left lobe: 1.9 cm cyst, 1.1 cm metastasis.", ["- left 1.1"]),
    ("Deposit in segment 5 indenting the gallbladder wall, 2.5 cm.", ["5 2.5 gallbladder"]),
    ("2.5 cm lesion in segment 4a between the middle and left hepatic veins.", ["4a 2.5 hepatic_vein"]),
]
SECTIONS_AND_PARTS = [
    ("1. Chest: clear.\n2. Liver: metastasis in segment 3, 1.6 cm.\n3. 7 mm nodule.\n4. 2 cm mass.", ["3 1.6"]),
    ("1. Liver:\n   - Segment 3: 1.6 cm\n   - Segment 7: 2.0 cm\n2. Nodule 8 mm.", ["3 1.6", "7 2"]),
    ("CONTRAST CT CHEST AND ABDOMEN\nThe liver contains a 1.6 cm metastasis in segment 3.", ["3 1.6"]),
    ("LIVER: Normal. 9 mm nodule right lung.", []),
    ("Metastasis in segments 5 and 6, 6.1 cm (5.5 cm in May).", ["5/6 6.1"]),
    ("Mass in segments 5 and 6, 6.1 cm and then 5.5 cm.", ["5/6"]),
    ("A 2 cm liver lesion lies in segment 5; in segment 3 9 mm.", ["5 2", "3 0.9"]),
    ("A 2 cm liver lesion lies in segment 5; two smaller ones lie in segment 3, 9 mm and 7 mm.", ["5 2", "3 0.9", "3 0.7"]),
    ("Segment 5: 9 mm lesion, T2 bright: cyst.", []),
    ("Segment 5: 9 mm lesion, diffusion bright: metastasis.", ["5 0.9"]),
    ("The conglomerate in the left lobe spans 7.4 cm.", ["- left 7.4"]),
    ("The treated segment 7 metastasis.", ["7 ?"]),
    ("Metastases in the left lobe of the liver, four in number, the largest 3.6 cm.", ["- left 3.6 largest"]),
    ("Hepatic metastases, four in number.", ["#4-4"]),
    ("Three (3) hepatic lesions.", ["#3-3"]),
    ("Segment 5: 2.2 cm and 6.", ["5 2.2", "6"]),
    ("Liver: Right: 4 lesions.", ["#4-"]),
]
COUNTED = [
    ("Between 4 and 7 hepatic metastases.", ["#4-7"]),
    ("6 to 8 liver metastases.", ["#6-8"]),
    ("Multiple, small, poorly defined lesions of the liver.", ["#2-"]),
    ("The largest of four liver metastases measures 3.0 cm in segment 8.", ["8 3 largest", "#4-4"]),
    ("Six liver lesions, of which two are metastases.", []),
    ("One 9 mm metastasis in each of segments 2 and 7.", ["2 0.9", "7 0.9"]),
    ("Two tiny liver lesions, one in segment 4b and one in segment 7, each 5 mm.", ["4b 0.5", "7 0.5", "#2-2"]),
    ("A three centimetre metastasis in segment two.", ["2 3"]),
    ("Metastases involving both lobes of the liver.", ["both_lobes"]),
    ("Liver metastases, formerly in both lobes, are confined to the right lobe.", ["one_lobe"]),
    ("No fresh hepatic deposit.", []),
    ("No growing hepatic lesion.", []),
    ("No liver metastasis elsewhere.", []),
    ("No discrete or suspicious hepatic mass.", ["none"]),
    ("No liver metastasis. 2.0 cm metastasis in segment 3.", ["3 2"]),
]
ALL_ROWS = [
    *SEGMENTS_AND_SIZES,
    *SEVERAL,
    *EARLIER,
    *OTHER_ORGANS,
    *HARMLESS_AND_UNSURE,
    *NO_AND_HOW_MANY,
    *NEAR,
    *WHOLE_REPORTS,
    *WRITTEN_AFTERWARDS,
    *WRITTEN_LAST,
    *OF_BEFORE,
    *OF_BEFORE_TOO,
    *COLUMNS,
    *WHAT_IT_IS,
    *WHICH_ORGAN,
    *SECTIONS_AND_PARTS,
    *COUNTED,
]


@pytest.mark.parametrize(("text", "expected"), ALL_ROWS)
def test_what_a_report_tells(text: str, expected: list[str]) -> None:
    assert findings(text) == expected


LEFT = [
    ("Segment 7 lesion measures 2.4 cm, previously 1.9 cm.", [("1.9 cm", "This size is from an earlier scan.")]),
    ("LIVER: Normal size, 15.2 cm.", [("15.2 cm", "This is the size of the liver itself.")]),
    ("The liver measures 18.2 cm.", [("18.2 cm", "This is the size of the liver itself.")]),
    ("Portacaval node 1.4 cm.", [("1.4 cm", "This is about another organ.")]),
    ("IMPRESSION: 2.4 cm mass.", [("2.4 cm", "It is not clear which organ this is about.")]),
    ("Liver lesion in segment 6, 2.1 x 1.8.", [("2.1 x 1.8", "The unit is missing, so the size was not taken.")]),
    ("Liver lesion in segment 6, 2.1 cm x 18 mm.", [("2.1 cm x 18 mm", "Two units stand in this size, so it was not taken.")]),
    ("2.4 cm simple cyst in segment 6.", [("2.4 cm simple cyst segment 6", "The report calls this a cyst.")]),
    ("3 cm ablation zone in segment 8.", [("3 cm ablation zone segment 8", "The report speaks of a place that was treated before.")]),
    (
        "The segment 6 metastasis is no longer seen.",
        [("segment 6 metastasis no longer seen", "The report says that this is no longer seen.")],
    ),
    ("Approximately 12 liver metastases.", [("Approximately 12 metastases", "The report gives only a rough number here.")]),
    ("Segment 6 lesion of 2.4 cm with a 1 cm margin.", [("1 cm", "This is a distance or a thickness, not the size of a tumor.")]),
    ("Segment 6 lesion 24 mm (18 mm).", [("18 mm", "It is not clear what this second size means.")]),
    ("History: 3 cm liver metastasis in segment 6.", [("3 cm", "This part of the report does not tell of this scan.")]),
    ("Sum of the liver lesions: 71 mm.", [("71 mm", "This is the sum of several sizes.")]),
    ("The segment 4b metastasis has grown by 6 mm.", [("6 mm", "This is by how much a size changed.")]),
    (
        "Liver segment 7 lesion | 36 mm | 21 mm",
        [
            ("36 mm", "It is not clear which of these sizes is that of this scan."),
            ("21 mm", "It is not clear which of these sizes is that of this scan."),
        ],
    ),
    (
        "CT 02/03/2026: segment 6 lesion 3.3 cm.\nCT 03/02/2026: segment 6 lesion 2.1 cm.",
        [
            ("3.3 cm", "The text tells of several scans, and it is not clear which is the newest."),
            ("2.1 cm", "The text tells of several scans, and it is not clear which is the newest."),
        ],
    ),
    (
        "CT 12/01/2026: segment 6 lesion 3.3 cm.\nCT 20/05/2026: segment 6 lesion.",
        [("3.3 cm", "This size is from an earlier scan.")],
    ),
    ("Segment 6 lesion, 240 cm.", [("240 cm", "No tumor has this size, so it was not taken.")]),
]


@pytest.mark.parametrize(("text", "expected"), LEFT)
def test_what_is_left_alone_and_why(text: str, expected: list[tuple[str, str]]) -> None:
    left = READER.read(text).left_alone
    assert [(" ".join(text[span.start : span.end] for span in one.spans), one.reason) for one in left] == expected


def test_the_words_behind_a_reading() -> None:
    text = "Dominant tumour in segment VIII, 3.4 × 2.1 cm, abutting the IVC."
    (lesion,) = READER.read(text).lesions
    assert [text[span.start : span.end] for span in lesion.spans] == ["Dominant", "tumour", "segment VIII", "3.4 × 2.1 cm", "IVC"]
    assert lesion.size is not None
    assert lesion.size.numbers == (3.4, 2.1)
    assert lesion.size.unit == "cm"
    assert text[lesion.sentence.start : lesion.sentence.end] == text


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("4 mm liver lesion in segment 2, too small to characterize.", "The report says this is too small to tell what it is."),
        ("Possible metastasis in segment 2, 1 cm.", "The report is not certain here."),
        ("Subcentimeter lesion in segment 3 of the liver.", "The report says that it is small and gives no size."),
        ("Lesion in segment 3 of less than 1 cm.", "The report gives only a limit for the size."),
        ("Metastases in segments 5 and 6, measuring up to 3 cm.", "The report does not say in which of these segments."),
        ("Cystic lesion in segment 5, 2 cm.", "The report calls this cystic."),
        ("Wire in segment 8, 4 mm.", "The report does not call this a tumor in words that are known here."),
        ("Segment 8 lesion, 9 mm, benign.", "The report calls this benign."),
    ],
)
def test_doubts_are_told(text: str, doubt: str) -> None:
    (lesion,) = READER.read(text).lesions
    assert doubt in lesion.doubts


def test_wrapped_lines_read_like_one() -> None:
    wrapped = "There is a large heterogeneous mass in the right lobe of the liver, in segment\nVII, which measures 5.2 x 4.1\ncm and abuts the right hepatic\nvein."
    assert findings(wrapped) == findings(wrapped.replace("\n", " ")) == ["7 right 5.2 hepatic_vein"]


def test_a_report_that_is_too_long_is_refused() -> None:
    READER.read("a" * LONGEST_REPORT_CHARACTERS)
    with pytest.raises(WaylineError, match="longer than 50,000"):
        READER.read("a" * (LONGEST_REPORT_CHARACTERS + 1))


@pytest.mark.parametrize(
    "piece",
    ["segment ", "1", "(", "2.4 cm ", "lesion ", "segment 5, ", "2 x ", "2 and ", "1.\n", "liver: ", "S8/", "previously ", "abutting the ", "hepatic vein and ",
     "no lesion or ", "| ", "2 cm lesion in segment 5 and ", "Liver lesion. It is a lesion. ", "\n", "segments 1-8, ", "İ", "[{(", "; segment 3 2 cm ",
     "2 cm in segment 3 (cyst) ", "CT 12/01/2026: ", "two lesions of ", "now 3 cm lesion "],
)  # fmt: skip
def test_no_repeated_text_stops_the_reader(piece: str) -> None:
    """The longest texts of one repeated piece are read to their end; how long that takes is measured in bench/liver_reports.py."""
    text = (piece * (LONGEST_REPORT_CHARACTERS // len(piece)))[:LONGEST_REPORT_CHARACTERS]
    reading = READER.read(text)
    spans = [span for one in (*reading.lesions, *reading.left_alone) for span in one.spans]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


NUMBER_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
PIECES = st.sampled_from(
    [piece for text, _expected in ALL_ROWS for piece in text.split(" ")]
    + ["\n", "\n\n", "(", ")", ":", ".", ",", "3.4", "segments", "S", "×", "ß", "İ", "\t"]
)
REPORTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join))


@settings(max_examples=300)
@given(REPORTS)
def test_any_text_is_read_and_every_span_holds_words(text: str) -> None:
    reading = READER.read(text)
    found = [*reading.lesions, *reading.count, *reading.distribution, *reading.absence, *reading.left_alone]
    for one in found:
        assert 0 <= one.sentence.start < one.sentence.end <= len(text)
        assert one.spans
        for span in one.spans:
            assert 0 <= span.start < span.end <= len(text)
            assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert all(left.end <= right.start for left, right in zip(one.spans, one.spans[1:], strict=False))
    for lesion in reading.lesions:
        if lesion.size:
            printed = text[lesion.size.span.start : lesion.size.span.end].replace(",", ".")
            assert 0 < lesion.size.longest_diameter_cm <= 40
            assert lesion.size.unit in {"cm", "mm"}
            in_words = any(word in printed.lower() for word in NUMBER_WORDS)  # "two centimetre"
            assert in_words or all(f"{number:g}" in printed or str(number) in printed for number in lesion.size.numbers if number >= 1)
        for _where, span in lesion.near:
            assert any(outer.start <= span.start and span.end <= outer.end for outer in lesion.spans)


@pytest.mark.parametrize(("text", "expected"), ALL_ROWS)
def test_a_sentence_on_the_lung_changes_nothing(text: str, expected: list[str]) -> None:
    assert findings(f"{text}\n\nLungs: 8 mm nodule in the right lower lobe.") == expected
    assert findings(f"There is a 6 mm nodule in the left upper lobe.\n\n{text}") == expected


@given(st.integers(2, 399), st.integers(1, 399))
def test_cm_and_mm_tell_the_same(one: int, other: int) -> None:
    told = [
        READER.read(f"Lesion in segment 6 measuring {size}.").lesions
        for size in (
            f"{one} x {other} mm",
            f"{one / 10} x {other / 10} cm",
            f"{one}mm x {other}mm",
            f"{one / 10} x {other / 10} centimetres",
        )
    ]
    sizes = [lesions[0].size for lesions in told]
    assert len({size.longest_diameter_cm for size in sizes if size}) == 1
    assert all(len(lesions) == 1 for lesions in told)


WORDS = (CONTENT / "liver" / "report_words.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("placed_by:\n  capsule:", "placed_by:\n  capsul:", "'capsul' is not a place .* Did you mean 'capsule'"),
        ("neutral:\n", "neutral:\n  - lesion\n", "'lesion' stands in two lists"),
        ("lobes:\n  right:", "lobes:\n  rigth:", "Did you mean 'right'"),
        ("segments: [4a, 4b]", "segments: [4a, 4c]", "'4c' is not a segment"),
        ("gone:", "gonne:", "'gonne' is not a key here. Did you mean 'gone'"),
        ("outweighs: true", "outweighs: 1", "must be true or false"),
    ],
)
def test_mistakes_in_the_words_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WORDS
    file = tmp_path / "report_words.yaml"
    file.write_text(WORDS.replace(old, new, 1))
    with pytest.raises(WaylineError, match=message) as caught:
        load_report_words(file, PLACES)
    assert "line" in str(caught.value)
