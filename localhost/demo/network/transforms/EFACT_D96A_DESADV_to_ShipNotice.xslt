<?xml version="1.0" encoding="utf-8"?>
<!-- Despatch advices into the same ShipNotice that an 856 becomes: the warehouse reads one form. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/EDIFACT/2006"
                xmlns="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="edi">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/edi:EFACT_D96A_DESADV">
    <ShipNotice>
      <Number><xsl:value-of select="edi:BGM/BGM02"/></Number>
      <NoticeDate><xsl:apply-templates select="edi:DTM[edi:C507/C50701 = '137']"/></NoticeDate>
      <xsl:if test="edi:DTM[edi:C507/C50701 = '11']">
        <ShipDate><xsl:apply-templates select="edi:DTM[edi:C507/C50701 = '11']"/></ShipDate>
      </xsl:if>
      <xsl:if test="edi:DTM[edi:C507/C50701 = '17']">
        <EstimatedDelivery>
          <xsl:apply-templates select="edi:DTM[edi:C507/C50701 = '17']"/>
        </EstimatedDelivery>
      </xsl:if>
      <xsl:for-each select="edi:NADLoop1/edi:NAD[NAD01 = 'CA']/edi:C080">
        <Carrier><xsl:value-of select="C08001"/></Carrier>
      </xsl:for-each>
      <xsl:for-each select="edi:RFFLoop1/edi:RFF/edi:C506[C50601 = 'CN']">
        <CarrierReference><xsl:value-of select="C50602"/></CarrierReference>
      </xsl:for-each>
      <xsl:for-each select="edi:CPSLoop1/edi:PACLoop1">
        <Packages><xsl:value-of select="edi:PAC/PAC01"/></Packages>
        <xsl:for-each select="edi:MEA">
          <GrossWeightKg><xsl:value-of select="edi:C174/C17402"/></GrossWeightKg>
        </xsl:for-each>
      </xsl:for-each>
      <xsl:for-each select="edi:NADLoop1/edi:NAD[NAD01 = 'SU']">
        <ShipFrom><xsl:call-template name="party"/></ShipFrom>
      </xsl:for-each>
      <xsl:for-each select="edi:NADLoop1/edi:NAD[NAD01 = 'DP']">
        <ShipTo><xsl:call-template name="party"/></ShipTo>
      </xsl:for-each>
      <Order number="{edi:RFFLoop1/edi:RFF/edi:C506[C50601 = 'ON']/C50602}">
        <xsl:apply-templates select="edi:CPSLoop1/edi:LINLoop1"/>
      </Order>
    </ShipNotice>
  </xsl:template>

  <xsl:template match="edi:DTM">
    <xsl:variable name="day" select="edi:C507/C50702"/>
    <xsl:value-of select="concat(substring($day, 1, 4), '-', substring($day, 5, 2), '-',
                                 substring($day, 7, 2))"/>
  </xsl:template>

  <xsl:template name="party">
    <xsl:for-each select="edi:C082">
      <Id>
        <xsl:attribute name="scheme">
          <xsl:choose>
            <xsl:when test="C08203 = '9'">GLN</xsl:when>
            <xsl:when test="C08203 = '91'">seller</xsl:when>
            <xsl:otherwise>buyer</xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
        <xsl:value-of select="C08201"/>
      </Id>
    </xsl:for-each>
    <xsl:for-each select="edi:C080">
      <Name><xsl:value-of select="C08001"/></Name>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="edi:LINLoop1">
    <Item>
      <BuyerItem><xsl:value-of select="edi:LIN/edi:C212[C21202 = 'IN']/C21201"/></BuyerItem>
      <xsl:for-each select="edi:PIA/edi:C212[C21202 = 'SA']">
        <SellerItem><xsl:value-of select="C21201"/></SellerItem>
      </xsl:for-each>
      <xsl:for-each select="edi:IMD[1]/edi:C273">
        <Description><xsl:value-of select="concat(C27304, C27305)"/></Description>
      </xsl:for-each>
      <Quantity>
        <xsl:attribute name="unit">
          <xsl:choose>
            <xsl:when test="edi:QTY/edi:C186/C18603 = 'KGM'">KG</xsl:when>
            <xsl:when test="edi:QTY/edi:C186/C18603 = 'MTR'">MR</xsl:when>
            <xsl:when test="edi:QTY/edi:C186/C18603 = 'SET'">SX</xsl:when>
            <xsl:otherwise>EA</xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
        <xsl:value-of select="edi:QTY/edi:C186/C18602"/>
      </Quantity>
    </Item>
  </xsl:template>
</xsl:stylesheet>
